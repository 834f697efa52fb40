/**
 * What a worker is asked to do: the resolved, typed specification of each kind of task, its
 * canonical form and its key. Everything that determines a result is in a task's specification and
 * nothing else is.
 */
package dev.fewstep.schemas.task;
