/**
 * What the installation is given to do while it is broken: tiny inputs and experiments on them,
 * over the replicas' HTTP API.
 */
package dev.fewstep.chaos.load;
