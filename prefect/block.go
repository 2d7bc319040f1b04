package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
)

// BlockDocument is a saved block. Its data holds secrets in the clear: that is what a
// worker asks for it for. It must not be shown.
type BlockDocument struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	BlockTypeName string `json:"block_type_name"`
	BlockType     struct {
		Slug string `json:"slug"`
	} `json:"block_type"`
	// Data is the block's fields; blocks within it are already filled in by the server.
	Data json.RawMessage `json:"data"`
}

// withSecrets asks for the data in the clear; without it the server gives stars.
var withSecrets = url.Values{"include_secrets": {"true"}}

// ReadBlockDocument returns a block by its id, or ErrNotFound.
func (c *Client) ReadBlockDocument(ctx context.Context, id string) (*BlockDocument, error) {
	k := get("block_documents", id)
	k.query = withSecrets
	var block BlockDocument
	if err := c.do(ctx, k, &block); err != nil {
		return nil, fmt.Errorf("failed to read block document %q: %w", id, err)
	}
	return &block, nil
}

// ReadBlockDocumentByName returns a block by the slug of its type, such as
// aws-credentials, and its name, or ErrNotFound.
func (c *Client) ReadBlockDocumentByName(ctx context.Context, typeSlug, name string) (*BlockDocument, error) {
	k := get("block_types", "slug", typeSlug, "block_documents", "name", name)
	k.query = withSecrets
	var block BlockDocument
	if err := c.do(ctx, k, &block); err != nil {
		return nil, fmt.Errorf("failed to read block %q: %w", typeSlug+"/"+name, err)
	}
	return &block, nil
}

// BlockTypeSchema is a type of blocks with the newest of its schemas, which new documents need.
type BlockTypeSchema struct{ TypeID, SchemaID string }

// ReadBlockType returns a type of blocks by its slug, or ErrNotFound when the server has no such
// type, or no schema of it.
func (c *Client) ReadBlockType(ctx context.Context, slug string) (BlockTypeSchema, error) {
	var kind struct{ ID string }
	if err := c.do(ctx, get("block_types", "slug", slug), &kind); err != nil {
		return BlockTypeSchema{}, fmt.Errorf("failed to read block type %q: %w", slug, err)
	}
	var schemas []struct{ ID string }
	newest := map[string]any{
		"limit": 1, "block_schemas": map[string]any{"block_type_id": map[string]any{"any_": []string{kind.ID}}},
	}
	if err := c.do(ctx, query(newest, "block_schemas", "filter"), &schemas); err != nil {
		return BlockTypeSchema{}, fmt.Errorf("failed to read the schema of block type %q: %w", slug, err)
	}
	if len(schemas) == 0 {
		return BlockTypeSchema{}, fmt.Errorf("block type %q has no schema: %w", slug, ErrNotFound)
	}
	return BlockTypeSchema{TypeID: kind.ID, SchemaID: schemas[0].ID}, nil
}

// CreateBlockDocument saves a new block and returns its id.
func (c *Client) CreateBlockDocument(ctx context.Context, of BlockTypeSchema, name string, data any) (string, error) {
	body := map[string]any{"name": name, "block_type_id": of.TypeID, "block_schema_id": of.SchemaID, "data": data}
	var made struct{ ID string }
	if err := c.do(ctx, post(body, "block_documents", ""), &made); err != nil {
		return "", fmt.Errorf("failed to create block %q: %w", name, err)
	}
	return made.ID, nil
}

// UpdateBlockDocument changes fields of a block; the others stay.
func (c *Client) UpdateBlockDocument(ctx context.Context, id string, data any) error {
	if err := c.do(ctx, patch(map[string]any{"data": data, "merge_existing_data": true}, "block_documents", id),
		nil); err != nil {
		return fmt.Errorf("failed to change block document %q: %w", id, err)
	}
	return nil
}

// DeleteBlockDocument deletes a block, or returns ErrNotFound.
func (c *Client) DeleteBlockDocument(ctx context.Context, id string) error {
	if err := c.do(ctx, del("block_documents", id), nil); err != nil {
		return fmt.Errorf("failed to delete block document %q: %w", id, err)
	}
	return nil
}
