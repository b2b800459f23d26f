// Run: mock-server exec -- go test poll_test.go
//
// A Go client of Qiniu's status API, with the standard library alone, tested against a mock server. The test moves the
// task's time on instead of sleeping.
package poll

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

type job struct {
	Code int `json:"code"` // 0 succeeded, 1 waiting, 2 processing, 3 failed
}

// wait polls a job to its end. A status of 500 or more and an unreadable body are temporary.
func wait(base, id string, polls int, sleep func(time.Duration)) (job, error) {
	for pause := time.Second; polls > 0; polls-- {
		response, err := http.Get(base + "/status/get/prefop?id=" + url.QueryEscape(id))
		if err == nil {
			var found job
			unread := json.NewDecoder(response.Body).Decode(&found)
			response.Body.Close()
			switch {
			case response.StatusCode == 200 && unread == nil && (found.Code == 0 || found.Code == 3):
				return found, nil
			case response.StatusCode >= 400 && response.StatusCode < 500:
				return job{}, fmt.Errorf("%s: status %d", id, response.StatusCode)
			}
		}
		sleep(pause)
		if pause *= 2; pause > 30*time.Second {
			pause = 30 * time.Second
		}
	}
	return job{}, fmt.Errorf("%s did not end", id)
}

// admin calls the admin API of the mock server, and fails the test with the server's own words if it refuses.
func admin(t *testing.T, path, body string) map[string]any {
	t.Helper()
	response, err := http.Post(os.Getenv("MOCK_SERVER_ADMIN_URL")+"/__admin/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var found map[string]any
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil || response.StatusCode >= 400 {
		t.Fatal(response.Status, found["message"], found["problems"])
	}
	return found
}

func TestAnOutageIsWaitedOut(t *testing.T) {
	id := admin(t, "tasks", `{"vendor": "qiniu", "scenario": "outage-then-recovery"}`)["id"].(string)
	sleep := func(pause time.Duration) {
		admin(t, "tasks/shift", fmt.Sprintf(`{"vendor": "qiniu", "id": %q, "by": "%ds"}`, id, int(pause.Seconds())))
	}
	ended, err := wait(os.Getenv("MOCK_SERVER_URL"), id, 10, sleep)
	if err != nil || ended.Code != 0 {
		t.Fatal(ended, err)
	}
	admin(t, "requests/verify", fmt.Sprintf(`{"where": {"id": %q}, "statuses": [200, 599, 599, 200]}`, id))
}

func TestAJobThatFailsEndsTheWait(t *testing.T) {
	id := admin(t, "tasks", `{"vendor": "qiniu", "scenario": "partial-failure"}`)["id"].(string)
	ended, err := wait(os.Getenv("MOCK_SERVER_URL"), id, 10, func(time.Duration) {})
	if err != nil || ended.Code != 3 {
		t.Fatal(ended, err)
	}
	admin(t, "requests/verify", fmt.Sprintf(`{"where": {"id": %q}, "cadence": {"polls_after_end": 0}}`, id))
}
