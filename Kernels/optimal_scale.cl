// The scale of a Gaussian likelihood that maximises it for a batch: sigma^2 = mean |x - mean|^2 (Rybkin et al. 2021, eq. 8).

ROW_KERNEL(squared_distance, (IN(real, mean), IN(real, x), OUT(real, distance), VALUE(uint, columns),
                              VALUE(uint, samples))) {
  LOCATE(mean) LOCATE(x) LOCATE(distance)
  GROUP_SCRATCH(scratch);
  const size_t offset = (size_t)ROW * columns, image = IMAGE_OFFSET;
  LANE_SUM(squares);
  FOR_LANES_SUM(j, columns) {
    const real difference = x[image + j] - mean[offset + j];
    LANE_ADD(squares, difference * difference);
  }
  const real total = GROUP_SUM(scratch, squares);
  if (LANE == 0) distance[ROW] = total;
}

// ln sigma of the batch, and in `running` that of a mean of sigma^2 over the steps. Step t, from 0, has the weight 10 / (t + 10), so that
// the last tenth of the steps decides (Shamir & Zhang 2013, section 4), and from step 990 on 1/100. One work-group.
ROW_KERNEL(optimal_log_scale, (IN(real, distance), IN(uint, state), INOUT(real, running), OUT(real, log_scale),
                               VALUE(uint, rows), VALUE(uint, columns))) {
  LOCATE(distance) LOCATE(state) LOCATE(running) LOCATE(log_scale)
  GROUP_SCRATCH(scratch);
  LANE_SUM(sum);
  FOR_LANES_SUM(i, rows) LANE_ADD(sum, distance[i]);
  const real variance = GROUP_SUM(scratch, sum) / ((real)rows * (real)columns);
  if (LANE == 0) {
    const uint step = state[STATE_STEP];
    const real before = real_exp(REAL(2.0) * running[0]);
    const real weight = step < 990 ? REAL(10.0) / (real)(step + 10) : REAL(0.01);
    const real kept = step == 0 ? variance : before + weight * (variance - before);
    running[0] = real_clamp(REAL(0.5) * real_log(kept), LOG_SCALE_LOW, LOG_SCALE_HIGH);
    log_scale[0] = real_clamp(REAL(0.5) * real_log(variance), LOG_SCALE_LOW, LOG_SCALE_HIGH);
  }
}
