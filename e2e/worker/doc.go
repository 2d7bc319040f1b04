// Package worker runs `ecsctl worker` beside the official worker, on real Prefect
// servers and moto. Its tests have the build tag e2e.
package worker
