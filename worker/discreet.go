package worker

import "ecsctl/jobtemplate"

// discreetError is an error whose words may quote what a job resolved to: AWS repeats values
// that it refuses, and everybody who sees the run reads its state.
type discreetError struct {
	cause error
	text  string
}

func (e *discreetError) Error() string { return e.text }

// Unwrap gives the cause, for what is decided by its type.
func (e *discreetError) Unwrap() error { return e.cause }

// withoutSecrets is the error with stars for what came out of blocks and secret variables.
func withoutSecrets(job *jobtemplate.Job, err error) error {
	if err == nil {
		return nil
	}
	text := job.MaskText(err.Error())
	if text == err.Error() {
		return err
	}
	return &discreetError{err, text}
}
