package dev.fewstep.schemas.state;

/** The value of a record of the state topic. */
public sealed interface StateValue
    permits ArchivedRecord,
        BenchmarkRecord,
        CachedRecord,
        ClaimRecord,
        DeliveryRecord,
        DeviceClassRecord,
        ExperimentRecord,
        InboxPosition,
        InputRecord,
        LeaderRecord,
        LeaseRecord,
        OutcomeRecord,
        PlanChunk,
        ProjectRecord,
        RungRecord,
        ScheduleRecord,
        TaskRecord,
        TokenRecord,
        WorkerRecord {}
