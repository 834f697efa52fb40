package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import org.junit.jupiter.api.Test;

class PlanCommandTest {
  @Test
  void device_time_is_told_when_it_is_known() {
    ObjectNode seconds =
        Json.messages()
            .createObjectNode()
            .put("estimate", 4325.4)
            .put("low", 59.6)
            .put("high", 12.2)
            .put("from", "3 earlier tasks");

    assertThat(PlanCommand.deviceTime(seconds))
        .contains("about 1h12m of device time, 1m0s to 12s, from 3 earlier tasks");
    assertThat(PlanCommand.deviceTime(MissingNode.getInstance())).isEmpty();
  }
}
