// Package status is what a relayer tells its operator: what each duty is at, how far behind, what failed last and what needs a
// person. One report serves the HTTP page, the command line, and Prometheus.
package status
