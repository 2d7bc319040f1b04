package jobtemplate

import (
	"encoding/json"
	"errors"
)

// Inputs is everything a job is made from. The documents are those of the Prefect
// API, as it sends them; only BaseJobTemplate (or a work pool that has one) is needed.
type Inputs struct {
	// BaseJobTemplate is the pool's; when empty, base_job_template of WorkPool.
	BaseJobTemplate json.RawMessage

	FlowRun    json.RawMessage
	Flow       json.RawMessage
	Deployment json.RawMessage
	WorkPool   json.RawMessage

	// JobVariables go before those of the deployment and the flow run. It is how a
	// preview asks "what if"; a worker leaves it empty.
	JobVariables json.RawMessage

	// Strict makes problems of job variables that nothing takes up. For a worker they are
	// a warning.
	Strict bool

	WorkerName string
	WorkerID   string // the id that the server gave the worker; may be empty

	// Settings are the worker's own PREFECT_* settings by variable name. Those that
	// mean something only where the worker runs are left out (see HandedDown).
	Settings map[string]string

	// Environ looks up the worker's environment for {{ $NAME }}; nil is an empty one.
	Environ func(name string) (value string, found bool)

	// Lookup finds blocks and variables.
	Lookup Lookup

	// Decoded remembers the documents other than the run's, for callers that make many jobs;
	// nil remembers none.
	Decoded *Decoded

	// PrefectVersion is the version of the server. It names the default image and is
	// the value of the label prefect.io/version.
	PrefectVersion string
}

// ErrNotFound is what a Lookup returns, wrapped or not, for a block or variable that
// does not exist.
var ErrNotFound = errors.New("not found")

// Lookup finds what a template refers to. ErrNotFound makes a Problem (a variable
// that is not found is empty text, as with the official worker); any other error
// ends Resolve as it is, so that a caller can tell a bad job from a server that is
// away. A nil function stands for "cannot be looked up here", a Problem as well.
type Lookup struct {
	// Block returns the data of a block document by the slug of its type and its name.
	Block func(typeSlug, name string) (json.RawMessage, error)
	// BlockByID returns the data of a block document by its id.
	BlockByID func(id string) (json.RawMessage, error)
	// Variable returns the value of a Prefect variable.
	Variable func(name string) (json.RawMessage, error)
}
