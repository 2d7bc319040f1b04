package jobtemplate

import (
	"encoding/json"
	"sync"
)

// maxDecoded bounds the documents that are remembered; a pool's flows and deployments are far fewer.
const maxDecoded = 128

// Decoded remembers documents that many runs are made from: the pool with its template, flows and
// deployments. They are known by where they are in memory, so that nothing is compared; a document
// must not be changed after it was handed over. It is safe for concurrent use.
type Decoded struct {
	mu    sync.Mutex
	known map[*byte]decodedDocument
}

type decodedDocument struct {
	raw    json.RawMessage // keeps the place in memory from being used again
	object map[string]any  // read by many: never changed
}

// object decodes a document, or finds that it did.
func (d *Decoded) object(raw json.RawMessage) (map[string]any, error) {
	if d == nil || len(raw) == 0 {
		return decodeObject(raw)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.known[&raw[0]]; ok && len(known.raw) == len(raw) {
		return known.object, nil
	}
	object, err := decodeObject(raw)
	if err != nil {
		return nil, err
	}
	if d.known == nil || len(d.known) >= maxDecoded {
		d.known = map[*byte]decodedDocument{}
	}
	d.known[&raw[0]] = decodedDocument{raw, object}
	return object, nil
}
