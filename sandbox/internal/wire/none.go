package wire

import "github.com/aws/smithy-go"

// None is the answer of a JSON operation that has nothing to say.
type None struct{}

// NoMembers is the schema of None.
var NoMembers = smithy.NewSchema(smithy.ShapeID{Namespace: "smithy.api", Name: "Unit"}, smithy.ShapeTypeStructure, 0)
