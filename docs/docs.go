// Package docs holds the pages for users, and the parts of them that the program has with it.
package docs

import "embed"

// SpecSchema is the JSON Schema of ecsctl.yaml.
//
//go:embed ecsctl.schema.json
var SpecSchema string

// Schemas are those of what the commands print with --output json.
//
//go:embed schemas
var Schemas embed.FS
