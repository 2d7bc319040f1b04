// Package logs keeps CloudWatch log groups, streams and events.
package logs

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"ecsctl/sandbox/internal/wire"
)

// Service is CloudWatch Logs in one region.
type Service struct {
	*wire.JSON
	mu     sync.Mutex
	prefix string // of the ARN of each group
	groups map[string]*group
}

type group struct {
	name      string
	arn       string
	class     string
	created   int64 // milliseconds
	retention *int32
	tags      map[string]string
	streams   map[string]*stream
}

type stream struct {
	name     string
	arn      string
	created  int64
	ingested int64
	events   []event // by time
}

type event struct {
	time, ingested int64
	message        string
}

// New makes a region without log groups.
func New(partition, region, account string) *Service {
	s := &Service{
		prefix: fmt.Sprintf("arn:%s:logs:%s:%s:log-group:", partition, region, account),
		groups: map[string]*group{},
	}
	s.JSON = wire.NewJSON(&s.mu, "message")
	s.handleGroups()
	s.handleTags()
	s.handleStreams()
	s.handleEvents()
	return s
}

// OpenStream makes a log stream, if it is not there, as ECS does for the awslogs
// driver.
func (s *Service) OpenStream(groupName, streamName string) error {
	if err := checkName("logStreamName", streamName, streamSyntax); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups[groupName]
	if !ok {
		return wire.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
	}
	if g.streams[streamName] == nil {
		g.addStream(streamName)
	}
	return nil
}

// HasGroup reports whether a log group is there.
func (s *Service) HasGroup(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.groups[name] != nil
}

// EnsureGroup makes a log group, if it is not there, as awslogs-create-group does.
func (s *Service) EnsureGroup(name string) error {
	if err := checkName("logGroupName", name, groupSyntax); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[name] == nil {
		s.addGroup(name)
	}
	return nil
}

// What is asked for over the API is held against the model before it comes here; a container's
// names are not.
var (
	groupSyntax  = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`)
	streamSyntax = regexp.MustCompile(`^[^:*]+$`)
)

func checkName(field, name string, syntax *regexp.Regexp) error {
	if len(name) <= 512 && syntax.MatchString(name) {
		return nil
	}
	return wire.Errorf("InvalidParameterException", "1 validation error detected: Value '%s' at '%s' failed to "+
		"satisfy constraint: Member must satisfy regular expression pattern: %s",
		name, field, syntax)
}

// maxEvent is the most that the awslogs driver puts into one event: longer lines become several.
const maxEvent = 256<<10 - eventOverhead

// Append writes one line to a stream; without the stream the line is lost.
func (s *Service) Append(groupName, streamName, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups[groupName]
	if !ok || g.streams[streamName] == nil {
		return
	}
	now := time.Now().UnixMilli()
	for len(line) > maxEvent {
		g.streams[streamName].add(event{now, now, line[:maxEvent]})
		line = line[maxEvent:]
	}
	g.streams[streamName].add(event{now, now, line})
}

func (s *Service) addGroup(name string) *group {
	g := &group{
		name: name, arn: s.prefix + name, created: time.Now().UnixMilli(),
		class: "STANDARD", tags: map[string]string{}, streams: map[string]*stream{},
	}
	s.groups[name] = g
	return g
}

func (g *group) addStream(name string) {
	g.streams[name] = &stream{name: name, arn: g.arn + ":log-stream:" + name, created: time.Now().UnixMilli()}
}

func (st *stream) add(e event) {
	i, _ := slices.BinarySearchFunc(st.events, e.time+1, func(have event, t int64) int {
		return cmp.Compare(have.time, t)
	})
	st.events = slices.Insert(st.events, i, e)
	st.ingested = e.ingested
}

func (s *Service) find(name *string) (*group, error) {
	if g, ok := s.groups[*name]; ok {
		return g, nil
	}
	return nil, wire.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
}

// named finds a group given by name or by identifier (name or ARN), one of them.
func (s *Service) named(name, identifier *string) (*group, error) {
	switch {
	case name != nil && identifier != nil:
		return nil, wire.Errorf("InvalidParameterException",
			"LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case name != nil:
		return s.find(name)
	case identifier != nil:
		short := strings.TrimPrefix(*identifier, s.prefix)
		return s.find(&short)
	default:
		return nil, wire.Errorf("InvalidParameterException", "One of logGroupName and logGroupIdentifier is required.")
	}
}

func sortedValues[T any](m map[string]T, keep func(string) bool) []T {
	var names []string
	for name := range m {
		if keep(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	out := make([]T, len(names))
	for i, name := range names {
		out[i] = m[name]
	}
	return out
}
