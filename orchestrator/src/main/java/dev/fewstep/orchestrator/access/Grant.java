package dev.fewstep.orchestrator.access;

import static dev.fewstep.schemas.spec.Checks.require;

import dev.fewstep.schemas.AccessRole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a group of an identity provider may do here.
 *
 * @param group its name in the claim
 * @param role what its members may do
 * @param projects where; empty for every project
 */
public record Grant(String group, AccessRole role, Set<String> projects) {
  private static final String FORM =
      "group=role or group=role:project|project, several with commas between";

  public Grant {
    require(!group.isBlank(), "a grant must name a group: %s", FORM);
    projects = Set.copyOf(projects);
  }

  /**
   * Grants as a setting says them, such as {@code admins=admin, vision=submitter:alpha|beta}.
   *
   * @throws IllegalArgumentException when that cannot be read, naming the part
   */
  public static List<Grant> parse(String text) {
    List<Grant> grants = new ArrayList<>();
    for (String part : text.split(",")) {
      if (part.isBlank()) {
        continue;
      }
      int equals = part.lastIndexOf('=');
      require(equals > 0, "'%s' is no grant; it must be %s", part.strip(), FORM);
      String[] what = part.substring(equals + 1).split(":", 2);
      Set<String> projects = new TreeSet<>();
      if (what.length == 2) {
        for (String project : what[1].split("\\|")) {
          require(!project.isBlank(), "'%s' names an empty project", part.strip());
          projects.add(project.strip());
        }
      }
      grants.add(new Grant(part.substring(0, equals).strip(), role(what[0], part), projects));
    }
    return grants;
  }

  private static AccessRole role(String name, String part) {
    return Arrays.stream(AccessRole.values())
        .filter(role -> role.name().equalsIgnoreCase(name.strip()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'"
                        + part.strip()
                        + "' must grant one of "
                        + Arrays.toString(AccessRole.values()).toLowerCase(Locale.ROOT)
                        + ", not '"
                        + name.strip()
                        + "'"));
  }

  /**
   * What somebody in several groups may do: the highest role that one of them has, in the projects
   * of all that have it. No role is joined from two grants, so that a higher one in one project is
   * never a higher one in another.
   *
   * @return empty for who is in none of them
   */
  static Optional<Grant> of(Set<String> groups, List<Grant> grants) {
    List<Grant> held = grants.stream().filter(grant -> groups.contains(grant.group())).toList();
    if (held.isEmpty()) {
      return Optional.empty();
    }
    AccessRole highest = held.get(0).role();
    for (Grant grant : held) {
      highest = grant.role().covers(highest) ? grant.role() : highest;
    }
    Set<String> projects = new TreeSet<>();
    for (Grant grant : held) {
      if (grant.role() == highest) {
        if (grant.projects().isEmpty()) {
          return Optional.of(new Grant(grant.group(), highest, Set.of()));
        }
        projects.addAll(grant.projects());
      }
    }
    return Optional.of(new Grant(held.get(0).group(), highest, projects));
  }
}
