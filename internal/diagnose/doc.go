// Package diagnose knows what AWS says when a task does not start, stops or is refused,
// and what to do about it. One table (table*.go) has a pattern for each cause; the first
// that matches counts, so that special ones stand before general ones. It makes no calls.
//
// The texts that the patterns were made from are in real_test.go, each with its source.
package diagnose
