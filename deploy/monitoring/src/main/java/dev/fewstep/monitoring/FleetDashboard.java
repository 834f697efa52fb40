package dev.fewstep.monitoring;

import static dev.fewstep.monitoring.Panel.lines;

import dev.fewstep.monitoring.Dashboard.Section;
import dev.fewstep.monitoring.Dashboard.Variable;
import java.util.List;

/** Workers, their devices and their hosts. */
final class FleetDashboard {
  private static final String CLASS = "{class=~\"$class\"}";

  private FleetDashboard() {}

  private static Panel gpu(String title, String unit, String help, String metric) {
    return lines(
        title,
        unit,
        help + " As NVIDIA's dcgm-exporter says; empty without GPUs.",
        new Query(metric, "{{Hostname}} GPU {{gpu}}"));
  }

  static Dashboard make() {
    return new Dashboard(
        "fleet",
        "Fleet",
        List.of(new Variable("class", "fewstep_workers")),
        List.of(
            Section.of(
                "Workers",
                lines(
                    "Live workers",
                    "none",
                    "By class, idle and busy.",
                    new Query("class_state:fewstep_workers:max" + CLASS, "{{class}} {{state}}")),
                lines(
                    "Busy part",
                    "percentunit",
                    "Of the live workers.",
                    new Query("class:fewstep_workers_busy:ratio" + CLASS, "{{class}}")),
                lines(
                    "Waiting",
                    "none",
                    "Ready tasks, and published ones that nobody has started.",
                    new Query("class:fewstep_tasks_queued:max" + CLASS, "{{class}} queued"),
                    new Query("class:fewstep_tasks_published:max" + CLASS, "{{class}} published")),
                lines(
                    "Busy by worker",
                    "none",
                    "1 while it runs a task.",
                    new Query("fewstep_worker_busy" + CLASS, "{{instance}}")),
                lines(
                    "Heartbeats",
                    "ops",
                    "That workers send.",
                    new Query(
                        "rate(fewstep_worker_heartbeats_total" + CLASS + "[$__rate_interval])",
                        "{{instance}}")),
                lines(
                    "Artifacts",
                    "Bps",
                    "Sent to the store and fetched from it.",
                    new Query(
                        "sum by (direction) (rate(fewstep_store_bytes_total"
                            + CLASS
                            + "[$__rate_interval]))",
                        "{{direction}}"))),
            Section.of(
                "Devices",
                lines(
                    "Memory in use",
                    "bytes",
                    "Of a GPU what is taken of it, of a CPU what the worker holds.",
                    new Query(
                        "fewstep_device_memory_used_bytes" + CLASS, "{{instance}} {{class}}")),
                lines(
                    "Memory in use, of all",
                    "percentunit",
                    "Part of the device's memory.",
                    new Query(
                        "fewstep_device_memory_used_bytes"
                            + CLASS
                            + " / fewstep_device_memory_bytes"
                            + CLASS,
                        "{{instance}} {{class}}")),
                lines(
                    "GPU utilisation of workers",
                    "percentunit",
                    "As nvidia-smi says; empty without GPUs.",
                    new Query(
                        "fewstep_device_utilisation_ratio" + CLASS, "{{instance}} {{class}}")),
                gpu(
                    "GPU utilisation",
                    "percent",
                    "Part of the time that a kernel runs.",
                    "DCGM_FI_DEV_GPU_UTIL"),
                gpu(
                    "GPU memory in use",
                    "percentunit",
                    "Of the frame buffer.",
                    "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)"),
                gpu("GPU power", "watt", "Drawn now.", "DCGM_FI_DEV_POWER_USAGE"),
                gpu("GPU temperature", "celsius", "Of the chip.", "DCGM_FI_DEV_GPU_TEMP"),
                gpu("GPU errors", "none", "Newest XID error.", "DCGM_FI_DEV_XID_ERRORS")),
            Section.of(
                "Hosts",
                lines(
                    "Disk in use",
                    "percentunit",
                    "Of the disk of each worker's data directory.",
                    new Query(
                        "1 - disk_free_bytes{job=\"fewstep-worker\"}"
                            + " / disk_total_bytes{job=\"fewstep-worker\"}",
                        "{{instance}} {{path}}")),
                lines(
                    "Processor",
                    "percentunit",
                    "Part of the host's that the worker uses.",
                    new Query("process_cpu_usage{job=\"fewstep-worker\"}", "{{instance}}")),
                lines(
                    "Java heap",
                    "bytes",
                    "In use; tensors lie outside.",
                    new Query(
                        "sum by (instance)"
                            + " (jvm_memory_used_bytes{job=\"fewstep-worker\",area=\"heap\"})",
                        "{{instance}}")),
                lines(
                    "Requests to the store",
                    "s",
                    "Mean time by method.",
                    new Query(
                        "sum by (method)"
                            + " (rate(fewstep_store_request_seconds_sum{job=\"fewstep-worker\"}[$__rate_interval]))"
                            + " / sum by (method)"
                            + " (rate(fewstep_store_request_seconds_count{job=\"fewstep-worker\"}[$__rate_interval]) > 0)",
                        "{{method}}")),
                lines(
                    "Executions that the store failed",
                    "none",
                    "In the last hour.",
                    new Query(
                        "sum by (instance) (increase(fewstep_store_failures_total"
                            + CLASS
                            + "[1h]))",
                        "{{instance}}")))));
  }
}
