package provision

import (
	"fmt"

	"ecsctl/internal/poolplace"
	"ecsctl/prefect"
)

// CheckPlace refuses another account or region than the one that a pool was set up in.
// Every command asks it before it looks at anything in AWS.
func CheckPlace(pool *prefect.WorkPool, here Identity) error {
	place, err := poolplace.Of(pool.BaseJobTemplate)
	if err != nil {
		return fmt.Errorf("work pool %q: %w", pool.Name, err)
	}
	return place.Check(pool.Name, poolplace.Place{Account: here.Account, Region: here.Region})
}

// SetUpHere reports whether a bootstrap in this account and region has left its marker in a pool.
func SetUpHere(pool *prefect.WorkPool, here Identity) bool {
	place, err := poolplace.Of(pool.BaseJobTemplate)
	return err == nil && place != poolplace.Place{} && CheckPlace(pool, here) == nil
}
