package prefectapi_test

// plainFields and outerFields are fields of block schemas: with what a checksum is worked
// out from, and what it leaves out.
const (
	plainFields = `{"title":"Zz","description":"naïve 😀 \u003ctag\u003e","type":"object","properties":{"user":{"type":"string","default":"x"},"port":{"type":"integer","maximum":65535},"rate":{"type":"number","default":1.5,"minimum":1e-7,"maximum":1e22},"password":{"type":"string","format":"password","writeOnly":true}},"required":["user"],"secret_fields":["password"],"block_type_slug":"zz-contract","block_schema_references":{}}`
	outerFields = `{"title":"Outer","type":"object","properties":{"size":{"$ref":"#/definitions/Size"},"child":{"$ref":"#/definitions/Zz"}},"secret_fields":["child.password"],"block_type_slug":"zz-contract-outer","block_schema_references":{},"definitions":{"Size":{"title":"Size","enum":["s","l"],"type":"string"},"Zz":{"title":"Zz","type":"object","properties":{"user":{"type":"string"}},"block_type_slug":"zz-contract","secret_fields":[]}}}`
)

// blockStory is what Prefect's own client does to save and find blocks.
var blockStory = []step{
	{method: post, path: "/block_types/",
		body: `{"name":"{pool} plain","slug":"{pool}-plain","logo_url":"https://example.com/a.png"}`, save: "plain"},
	{method: get, path: "/block_types/{plain}"},
	{method: get, path: "/block_types/{missing}"},
	{method: patch, path: "/block_types/{plain}", body: `{"description":"plain things","code_example":"x"}`},
	{method: patch, path: "/block_types/{missing}", body: `{"description":"x"}`},
	{method: get, path: "/block_types/slug/{pool}-plain"},
	{method: post, path: "/block_types/filter", body: `{"block_types":{"slug":{"any_":["{pool}-plain"]}}}`},
	{method: post, path: "/block_types/filter", body: `{"block_types":{"name":{"like_":"{pool} pl"}}}`},
	{method: post, path: "/block_schemas/",
		body: `{"block_type_id":"{plain}","capabilities":["write-path"],"version":"1.0","fields":` + plainFields + `}`,
		save: "plainSchema"},
	{method: post, path: "/block_schemas/",
		body: `{"block_type_id":"{plain}","capabilities":["write-path"],"version":"1.0","fields":` + plainFields + `}`},
	{method: post, path: "/block_schemas/", body: `{"block_type_id":"{missing}","fields":` + plainFields + `}`},
	{method: get, path: "/block_schemas/{plainSchema}"},
	{method: get, path: "/block_schemas/{missing}"},
	{method: get, path: "/block_schemas/checksum/{plainSchema.checksum}?version=1.0"},
	{method: get, path: "/block_schemas/checksum/{plainSchema.checksum}"},
	{method: get, path: "/block_schemas/checksum/{plainSchema.checksum}?version=2.0"},
	{method: get, path: "/block_schemas/checksum/sha256:none"},
	{method: post, path: "/block_schemas/filter", body: `{"block_schemas":{"block_type_id":{"any_":["{plain}"]}}}`},
	{method: get, path: "/block_capabilities/", brief: true},

	{method: post, path: "/block_types/", body: `{"name":"{pool} outer","slug":"{pool}-outer"}`, save: "outerType"},
	{method: post, path: "/block_schemas/", body: `{"block_type_id":"{outerType}","fields":` + outerFields + `}`,
		save: "outerSchema"},
	{method: get, path: "/block_schemas/checksum/{outerSchema.checksum}"},

	{method: post, path: "/block_documents/",
		body: `{"name":"one","data":{"user":"u","password":"hush"},"block_type_id":"{plain}","block_schema_id":"{plainSchema}"}`, save: "one"},
	{method: post, path: "/block_documents/", body: `{"name":"Not A Name","data":{},"block_type_id":"{plain}","block_schema_id":"{plainSchema}"}`},
	{method: post, path: "/block_documents/", body: `{"data":{"user":"anonymous"},"is_anonymous":true,"block_type_id":"{plain}","block_schema_id":"{plainSchema}"}`, save: "nameless"},
	{method: patch, path: "/block_documents/{one}", body: `{"data":{"user":"v"},"merge_existing_data":true}`},
	{method: get, path: "/block_documents/{one}?include_secrets=true"},
	{method: patch, path: "/block_documents/{one}", body: `{"data":{"user":"w"},"merge_existing_data":false}`},
	{method: get, path: "/block_documents/{one}?include_secrets=true"},
	{method: patch, path: "/block_documents/{missing}", body: `{"data":{"user":"v"}}`},
	{method: get, path: "/block_types/slug/{pool}-plain/block_documents"},
	{method: get, path: "/block_types/slug/{pool}-none/block_documents"},
	{method: post, path: "/block_documents/filter", body: `{"block_documents":{"block_type_id":{"any_":["{plain}"]},"is_anonymous":{"eq_":false}}}`},
	{method: post, path: "/block_documents/filter", body: `{"block_documents":{"block_type_id":{"any_":["{plain}"]}},"sort":"NAME_ASC"}`},
	{method: post, path: "/block_documents/count", body: `{"block_documents":{"block_type_id":{"any_":["{plain}"]},"is_anonymous":{"eq_":true}}}`},

	{method: del, path: "/block_documents/{one}"},
	{method: del, path: "/block_documents/{one}"},
	{method: del, path: "/block_schemas/{outerSchema}"},
	{method: del, path: "/block_schemas/{outerSchema}"},
	{method: del, path: "/block_types/{outerType}"},
	{method: del, path: "/block_types/{plain}"},
	{method: del, path: "/block_types/{plain}"},
}
