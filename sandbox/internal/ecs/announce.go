package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/events"
	"ecsctl/sandbox/internal/wire"
)

// announce tells EventBridge of a task whose state has changed since it was last told;
// s.mu is held. Tags are not in the event, and the interface has its short name there.
func (s *Service) announce(t *task) {
	state := *t.api.LastStatus + " " + *t.api.DesiredStatus
	if state == t.announced {
		return
	}
	t.announced = state
	told := t.api
	told.Tags = nil
	told.Attachments = make([]types.Attachment, len(t.api.Attachments))
	for i, a := range t.api.Attachments {
		told.Attachments[i] = a
		told.Attachments[i].Type = aws.String("eni")
	}
	detail, _ := wire.EventDetail(schemas.Task, &told).(map[string]any)
	detail["updatedAt"] = s.cfg.Clock.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	s.peers.Events.Publish(events.Event{
		Source: "aws.ecs", DetailType: "ECS Task State Change", Resources: []string{*t.api.TaskArn}, Detail: detail,
	})
}
