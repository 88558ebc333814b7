-- Prints the rate, the 95th percentile and the number of failed answers in one line.
done = function(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format("RATE %.1f P95 %.2f BAD %d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(95) / 1000, bad))
end
