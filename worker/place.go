package worker

import (
	"context"
	"encoding/json"

	"ecsctl/internal/poolplace"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// checkPlace refuses to begin in another account or region than the one that the pool was set
// up in: its cluster, roles and network are there, and each launch here would fail. A pool
// with an AwsCredentials block says by itself where its tasks run.
func (h *heartbeat) checkPlace(ctx context.Context, pool *prefect.WorkPool) error {
	was, err := poolplace.Of(pool.BaseJobTemplate)
	if h.current.Load() != nil || err != nil || was == (poolplace.Place{}) || namesCredentials(pool.BaseJobTemplate) {
		return nil
	}
	here := poolplace.Place{Region: h.opts.AWS.Region}
	if err := was.Check(pool.Name, here); err != nil || was.Account == "" {
		return err
	}
	here.Account = awsaccess.AccountOf(ctx, h.opts.AWS)
	return was.Check(pool.Name, here)
}

// namesCredentials reports whether the pool's own variables have an AwsCredentials block.
func namesCredentials(baseJobTemplate json.RawMessage) bool {
	var template struct {
		Variables struct {
			Properties struct {
				Credentials struct{ Default any } `json:"aws_credentials"`
			}
		}
	}
	err := json.Unmarshal(baseJobTemplate, &template)
	return err == nil && template.Variables.Properties.Credentials.Default != nil
}
