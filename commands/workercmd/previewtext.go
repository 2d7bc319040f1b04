package workercmd

import (
	"context"
	"encoding/json"
	"fmt"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/worker"
)

// printPreview shows the requests to a person.
func printPreview(streams console.Streams, preview *worker.Preview) error {
	for _, warning := range preview.Warnings {
		console.Printf(streams.Err, "warning: %s\n", warning)
	}
	if preview.RegisterTaskDefinition != nil {
		console.Printf(streams.Out, "RegisterTaskDefinition, unless the family has an equal one:\n")
		if err := console.PrintDocument(streams.Out, preview.RegisterTaskDefinition); err != nil {
			return err
		}
	}
	console.Printf(streams.Out, "RunTask:\n")
	return console.PrintDocument(streams.Out, preview.RunTask)
}

// previewDiff is what --diff prints with --output json.
type previewDiff struct {
	Differences []worker.Difference `json:"differences"`
	Warnings    []string            `json:"warnings"`
}

func showPreviewDiff(ctx context.Context, streams console.Streams, opts workerPreviewOptions,
	after *worker.Preview) error {
	before, err := otherPreview(ctx, opts, after)
	if err != nil {
		return err
	}
	differences, err := worker.DiffPreviews(before, after)
	if err != nil {
		return err
	}
	if opts.Output == inputs.OutputJSON {
		return console.PrintJSON(ctx, streams.Out, previewDiff{console.OrEmpty(differences), after.Warnings}, nil)
	}
	if len(differences) == 0 {
		console.Printf(streams.Out, "no differences\n")
	}
	for _, d := range differences {
		console.Printf(streams.Out, "%s: %s\n", d.Path, change(d))
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
		return nil, console.Usagef("--diff %q is not the output of worker preview --output json: %w", opts.Diff, err)
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
