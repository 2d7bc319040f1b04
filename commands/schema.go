package commands

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/deploy"
	"ecsctl/commands/workercmd"
	"ecsctl/docs"
	"ecsctl/internal/closest"
	"ecsctl/internal/jsonschema"
	"ecsctl/operate/logs"
	"ecsctl/operate/pages"
	"ecsctl/operate/status"
	"ecsctl/operate/verify"
)

const schemaDescription = `Example:

   ecsctl schema > ecsctl.schema.json
   ecsctl schema status

Prints the JSON Schema of ecsctl.yaml, by which editors check and complete it: name the file in
a first line "# yaml-language-server: $schema=./ecsctl.schema.json". With the name of a command
it prints the schema of what that prints with --output json.`

// reports are what the commands print with --output json: the types of an object, one of which it is.
func reports() map[string][]reflect.Type {
	out := map[string][]reflect.Type{
		"bootstrap": {reflect.TypeFor[console.Result]()},
		"teardown":  {reflect.TypeFor[console.Result]()},
		"status":    {reflect.TypeFor[status.Status]()},
		"list":      {reflect.TypeFor[listResult]()},
		"logs":      {reflect.TypeFor[logs.LogLine]()},
		"verify":    {reflect.TypeFor[verify.Verification]()},
		"doctor":    {reflect.TypeFor[checkReport]()},
		"open":      {reflect.TypeFor[pages.Pages]()},
	}
	maps.Copy(out, deploy.Reports())
	maps.Copy(out, workercmd.Reports())
	return out
}

func schemaCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "schema",
		Usage:        "print the JSON Schema of ecsctl.yaml, or of what a command prints",
		ArgsUsage:    "[COMMAND]",
		Description:  schemaDescription,
		OnUsageError: console.UsageError,
		Action: func(c *cli.Context) error {
			return runSchema(streams, strings.Join(c.Args().Slice(), " "))
		},
	}
}

func runSchema(streams console.Streams, command string) error {
	if command == "" {
		console.Printf(console.Exact(streams.Out), "%s", docs.SpecSchema)
		return nil
	}
	all := reports()
	types, ok := all[command]
	if !ok {
		names := slices.Sorted(maps.Keys(all))
		if near, ok := closest.Of(command, names); ok {
			names = []string{near}
		}
		return console.Usagef("%q prints no JSON that has a schema; these do: %s", command, strings.Join(names, ", "))
	}
	return console.PrintDocument(streams.Out, reportSchema(command, types))
}

// reportSchema is the schema of what a command prints: its report or, where it failed before, the head
// and the error.
func reportSchema(command string, types []reflect.Type) jsonschema.Schema {
	head, failure := reflect.TypeFor[console.Head](), reflect.TypeFor[console.Failure]()
	failed := jsonschema.Merge([]reflect.Type{head, failure}, nil)
	failed["required"] = append(failed["required"].([]string), "error")
	var forms []jsonschema.Schema
	for _, t := range types {
		forms = append(forms, jsonschema.Merge([]reflect.Type{head, t}, []reflect.Type{failure}))
	}
	forms = append(forms, failed)
	for _, form := range forms {
		properties := form["properties"].(jsonschema.Schema)
		properties["command"] = jsonschema.Schema{"const": command}
		properties["schemaVersion"] = jsonschema.Schema{"const": console.SchemaVersion}
	}
	return jsonschema.Schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "what ecsctl " + command + " prints with --output json",
		"anyOf":   forms,
	}
}
