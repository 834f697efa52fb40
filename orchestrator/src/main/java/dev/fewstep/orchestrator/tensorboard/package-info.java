/**
 * Results as TensorBoard reads them: event files, one run a task. Own code for the few fields that
 * they need, since TensorFlow's Java is hundreds of megabytes; what comes from outside is curves,
 * scores and pictures that are in the store already. Decides nothing and knows no HTTP.
 */
package dev.fewstep.orchestrator.tensorboard;
