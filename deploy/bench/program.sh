# Sourced by the scripts of this folder and of deploy/parity, which set $home: builds the benchmarks, names the Java program
# ($java) and its class path ($classpath), and keeps idle OpenMP threads from spinning on the cores of what is measured beside.
classpath=$home/deploy/bench/target/classpath
(cd "$home" && mvn -q -ntp -Denforcer.skip -pl deploy/bench -am compile dependency:build-classpath \
  -Dmdep.outputFile="$classpath" -Dmdep.includeScope=runtime)
classpath=$home/deploy/bench/target/classes:$(cat "$classpath")
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
export OMP_WAIT_POLICY=passive
