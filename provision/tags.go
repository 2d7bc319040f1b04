package provision

import (
	"ecsctl/provision/spec"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// The tags that say what is ours. The version is informative: a newer ecsctl does
// not rewrite it on what it leaves alone.
const (
	TagPool    = "ecsctl:pool"
	TagVersion = "ecsctl:version"
)

// wantedTags are the tags for everything that is made for the Spec.
func (w *world) wantedTags() map[string]string {
	tags := maps.Clone(w.spec.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags[TagPool] = spec.PoolTag(w.spec.Pool, w.spec.Region)
	tags[TagVersion] = w.version
	return tags
}

// owns reports whether tags mark something as made for this pool.
func (w *world) owns(tags map[string]string) bool {
	return tags[TagPool] == spec.PoolTag(w.spec.Pool, w.spec.Region)
}

// missingTags are the wanted tags that are absent or differ. Other tags are not ours to judge.
func (w *world) missingTags(actual map[string]string) map[string]string {
	missing := w.wantedTags()
	if actual[TagVersion] != "" {
		delete(missing, TagVersion)
	}
	maps.DeleteFunc(missing, func(key, value string) bool { return actual[key] == value })
	return missing
}

// tagFields shows missing tags in a plan.
func (w *world) tagFields(actual map[string]string) []Field {
	missing := w.missingTags(actual)
	var out []Field
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		out = append(out, Field{Path: "tags." + key, Before: actual[key], After: missing[key]})
	}
	return out
}

// tagList turns tags into a service's own tag type, sorted by key.
func tagList[T any](tags map[string]string, make func(key, value *string) T) []T {
	var out []T
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		out = append(out, make(&key, &value))
	}
	return out
}

// TagMap turns an AWS service's own tags into a map: AWS keeps their keys apart.
func TagMap[T any](list []T, pair func(T) (key, value *string)) map[string]string {
	out := make(map[string]string, len(list))
	for _, tag := range list {
		key, value := pair(tag)
		out[aws.ToString(key)] = aws.ToString(value)
	}
	return out
}
