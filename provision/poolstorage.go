package provision

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"ecsctl/prefect"
)

// The steps that Prefect's own command line configures; worker and client run them with uv.
const (
	uploadStep       = "prefect_aws.experimental.bundles.upload"
	executeStep      = "prefect_aws.experimental.bundles.execute"
	resultsBlockType = "s3-bucket"
)

// poolStorage is where a pool's bundles and results are.
type poolStorage struct {
	Upload  map[string]map[string]any `json:"bundle_upload_step"`
	Execute map[string]map[string]any `json:"bundle_execution_step"`
	Results *string                   `json:"default_result_storage_block_id"`
}

// bucketOf is the bucket of a step, or "".
func bucketOf(step map[string]map[string]any) string {
	for _, arguments := range step {
		if bucket, ok := arguments["bucket"].(string); ok {
			return bucket
		}
	}
	return ""
}

// storage is what the pool has now. Steps of another shape are none of ours.
func (p *workPool) storage() (out poolStorage) {
	if p.found != nil {
		_ = json.Unmarshal(p.found.Storage, &out)
	}
	return out
}

func (p *workPool) storesInOurBucket() bool {
	has, ours := p.storage(), p.w.bucketName()
	return bucketOf(has.Upload) == ours && bucketOf(has.Execute) == ours
}

// resultsBlock is the name that Prefect's command line gives the block.
func (p *workPool) resultsBlock() string {
	return "default-" + strings.ToLower(p.w.spec.Pool) + "-result-storage"
}

// findStorage reads the block in which the pool's results are kept. A server may have no such
// type of blocks; the pool has no storage of results then.
func (p *workPool) findStorage(ctx context.Context) error {
	p.results, p.resultsType = nil, nil
	if !p.w.wantsBundles() && !(p.found != nil && p.storesInOurBucket()) || p.w.server.prefect2() {
		return nil
	}
	kind, err := p.w.aws.Prefect.ReadBlockType(ctx, resultsBlockType)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p.resultsType = &kind
	p.results, err = p.w.aws.Prefect.ReadBlockDocumentByName(ctx, resultsBlockType, p.resultsBlock())
	if errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	return err
}

// resultsBucket is the bucket that the block names.
func (p *workPool) resultsBucket() string {
	var data struct {
		Bucket string `json:"bucket_name"`
	}
	if p.results != nil {
		_ = json.Unmarshal(p.results.Data, &data) // of another shape it names none
	}
	return data.Bucket
}

func (p *workPool) storageFields() []Field {
	if !p.w.wantsBundles() {
		return nil
	}
	has, ours := p.storage(), p.w.bucketName()
	fields := compare("storage.bundles", bucketOf(has.Upload), ours)
	if len(fields) == 0 {
		fields = compare("storage.bundles", bucketOf(has.Execute), ours)
	}
	if p.resultsType == nil {
		return fields
	}
	before := p.resultsBucket()
	if p.results == nil || has.Results == nil || *has.Results != p.results.ID {
		before = ""
	}
	return append(fields, compare("storage.results", before, ours)...)
}

// putStorage configures the pool as `prefect work-pool storage configure s3` does. Steps that
// lead to the bucket already may have a launcher of the user's.
func (p *workPool) putStorage(ctx context.Context) error {
	if len(p.storageFields()) == 0 {
		return nil
	}
	wanted := p.storage()
	if !p.storesInOurBucket() {
		step := map[string]any{"bucket": p.w.bucketName(), "requires": "prefect-aws"}
		wanted.Upload, wanted.Execute = map[string]map[string]any{uploadStep: step},
			map[string]map[string]any{executeStep: step}
	}
	if p.resultsType != nil {
		id, err := p.putResults(ctx)
		if err != nil {
			return err
		}
		wanted.Results = &id
	}
	return p.w.aws.Prefect.UpdateWorkPool(ctx, p.w.spec.Pool, prefect.WorkPoolUpdate{Storage: wanted})
}

// putResults makes or changes the block, and returns its id.
func (p *workPool) putResults(ctx context.Context) (string, error) {
	data := map[string]any{"bucket_name": p.w.bucketName(), "bucket_folder": resultFolder,
		"credentials": map[string]any{}}
	if p.results == nil {
		return p.w.aws.Prefect.CreateBlockDocument(ctx, *p.resultsType, p.resultsBlock(), data)
	}
	if p.resultsBucket() == p.w.bucketName() {
		return p.results.ID, nil
	}
	return p.results.ID, p.w.aws.Prefect.UpdateBlockDocument(ctx, p.results.ID, data)
}

// storageBefore is what a pool that is not bootstrap's own had before.
func (p *workPool) storageBefore() json.RawMessage {
	m := p.template.marker
	if m.Created || m.StorageBefore != nil || !p.w.wantsBundles() || p.storesInOurBucket() {
		return m.StorageBefore
	}
	return p.found.Storage
}

// deleteStorage takes the block of results away when it is that of the bucket.
func (p *workPool) deleteStorage(ctx context.Context) error {
	if p.results == nil || p.resultsBucket() != p.w.bucketName() {
		return nil
	}
	err := p.w.aws.Prefect.DeleteBlockDocument(ctx, p.results.ID)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	return err
}
