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
