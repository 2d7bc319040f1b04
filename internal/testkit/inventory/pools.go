package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

const poolsPerPage = 200 // the server's own limit

// volatileInPool are fields that differ each time: ids, dates, and the status, which follows
// the workers.
var volatileInPool = []string{"id", "created", "updated", "status", "default_queue_id"}

func (s *Source) readPools(ctx context.Context, snap *Snapshot) error {
	if s.Prefect.URL == "" {
		return nil
	}
	for offset := 0; ; offset += poolsPerPage {
		var pools []map[string]any
		if err := s.Prefect.filter(ctx, "work_pools/filter", offset, &pools); err != nil {
			return fmt.Errorf("failed to list work pools: %w", err)
		}
		for _, pool := range pools {
			if err := s.readPool(ctx, snap, pool); err != nil {
				return err
			}
		}
		if len(pools) < poolsPerPage {
			return nil
		}
	}
}

func (s *Source) readPool(ctx context.Context, snap *Snapshot, pool map[string]any) error {
	name, _ := pool["name"].(string)
	if s.Prefect.Own != nil && !s.Prefect.Own(name) {
		return nil
	}
	var queues []map[string]any
	if err := s.Prefect.filter(ctx, "work_pools/"+url.PathEscape(name)+"/queues/filter", 0, &queues); err != nil {
		return fmt.Errorf("failed to list the queues of work pool %q: %w", name, err)
	}
	byName := map[string]any{}
	for _, queue := range queues {
		byName[fmt.Sprint(queue["name"])] = map[string]any{
			"priority": queue["priority"], "concurrency_limit": queue["concurrency_limit"],
			"is_paused": queue["is_paused"], "description": queue["description"],
		}
	}
	pool["queues"] = byName
	return snap.add(WorkPool, name, pool, volatileInPool...)
}

// filter asks for one page of a list.
func (p Prefect) filter(ctx context.Context, path string, offset int, answer any) error {
	body, err := json.Marshal(map[string]int{"limit": poolsPerPage, "offset": offset})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.Authorization != "" {
		req.Header.Set("Authorization", p.Authorization)
	}
	res, err := p.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500))
		return fmt.Errorf("POST %s: %s: %s", path, res.Status, text)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}
