/**
 * The S3 bucket of artifacts: where it is, how to sign in, and the calls that orchestrator and
 * worker make. Only this package knows the S3 client. What artifacts are, who needs them and when a
 * call is tried again is decided elsewhere.
 */
package dev.fewstep.store;
