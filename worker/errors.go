package worker

import (
	"errors"
	"fmt"
)

var (
	errBadName = errors.New("the name of a worker must hold neither / nor %")
	// errNoPool: there is no such pool and it was not to be created.
	errNoPool = errors.New("there is no such work pool")
	// errPoolAnew: what the worker knows of the pool is not of the run's.
	errPoolAnew = errors.New("the work pool was deleted and made anew while the flow run was claimed")
)

// PoolTypeError says that the pool is not for this worker.
type PoolTypeError struct{ Pool, Type string }

func (e *PoolTypeError) Error() string {
	return fmt.Sprintf("work pool %q is of type %q: ecsctl runs workers for pools of type %q alone", e.Pool, e.Type, Type)
}
