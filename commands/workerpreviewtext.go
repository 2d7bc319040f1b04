package commands

import (
	"context"
	"encoding/json"
	"fmt"

	"ecsctl/worker"
)

// printPreview shows the requests to a person.
func printPreview(streams Streams, preview *worker.Preview) error {
	for _, warning := range preview.Warnings {
		printf(streams.Err, "warning: %s\n", warning)
	}
	if preview.RegisterTaskDefinition != nil {
		printf(streams.Out, "RegisterTaskDefinition, unless the family has an equal one:\n")
		if err := printJSON(streams.Out, preview.RegisterTaskDefinition); err != nil {
			return err
		}
	}
	printf(streams.Out, "RunTask:\n")
	return printJSON(streams.Out, preview.RunTask)
}

// previewDiff is what --diff prints with --output json.
type previewDiff struct {
	Differences []worker.Difference `json:"differences"`
	Warnings    []string            `json:"warnings"`
}

func showPreviewDiff(ctx context.Context, streams Streams, opts workerPreviewOptions, after *worker.Preview) error {
	before, err := otherPreview(ctx, opts, after)
	if err != nil {
		return err
	}
	differences, err := worker.DiffPreviews(before, after)
	if err != nil {
		return err
	}
	if opts.Output == outputJSON {
		return printJSON(streams.Out, previewDiff{orEmpty(differences), after.Warnings})
	}
	if len(differences) == 0 {
		printf(streams.Out, "no differences\n")
	}
	for _, d := range differences {
		printf(streams.Out, "%s: %s\n", d.Path, change(d))
	}
	return nil
}

func otherPreview(ctx context.Context, opts workerPreviewOptions, after *worker.Preview) (*worker.Preview, error) {
	if opts.Diff == diffLast {
		return after.LastRun(ctx, opts.Prefect)
	}
	raw, err := readJSONFile("diff", opts.Diff)
	if err != nil {
		return nil, err
	}
	before := &worker.Preview{}
	if err := json.Unmarshal(raw, before); err != nil {
		return nil, usagef("--diff %q is not the output of worker preview --output json: %w", opts.Diff, err)
	}
	return before, nil
}

func change(d worker.Difference) string {
	switch {
	case d.Before == nil:
		return "added " + inJSON(d.After)
	case d.After == nil:
		return "removed " + inJSON(d.Before)
	}
	return inJSON(d.Before) + " -> " + inJSON(d.After)
}

func inJSON(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}
