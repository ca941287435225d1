// A reception: asks callers whom they want, connects them, and says so when nobody answers.
//
//	SIGNING_SECRET=whsec_… go run reception.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// Action is one step of what runs on the call.
type Action struct {
	Application string `json:"application"`
	Data        string `json:"data"`
	ID          string `json:"id,omitempty"`
	TimeoutMs   int    `json:"timeout_ms,omitempty"`
}

// Call is what the app is told of a call.
type Call struct {
	UUID              string            `json:"uuid"`
	CallerIDNumber    string            `json:"caller_id_number"`
	CallerIDName      string            `json:"caller_id_name"`
	DestinationNumber string            `json:"destination_number"`
	Context           string            `json:"context"`
	Variables         map[string]string `json:"variables"`
}

// Event is what the app is told of what became of a call.
type Event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Call struct {
		UUID string `json:"uuid"`
	} `json:"call"`
	Data json.RawMessage `json:"data"`
}

const maxBody = 64 * 1024

var (
	port      = setting("PORT", "9000")
	publicURL = setting("PUBLIC_URL", "http://127.0.0.1:"+port)
	desks     = map[string]string{"1": setting("SALES", "user/10001"), "2": setting("SUPPORT", "user/10002")}
	secret    []byte
)

func setting(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func isSigned(header http.Header, body []byte) bool {
	timestamp := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	if age := time.Now().Unix() - seconds; age > 300 || age < -300 {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", header.Get("webhook-id"), timestamp, body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// Two signatures while a secret is being replaced; one that fits is enough.
	for _, signature := range strings.Split(header.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(expected), []byte(signature)) {
			return true
		}
	}
	return false
}

func menu(Call) []Action {
	prompts := "'say:For sales, press 1. For support, press 2.' 'say:Pardon?'"
	return []Action{
		{Application: "answer"},
		{Application: "set", Data: "tts_engine=flite"},
		{Application: "set", Data: "tts_voice=slt"},
		{Application: "play_and_get_digits", Data: "1 1 2 4000 # " + prompts + " digits ^[12]$"},
		{Application: "cti_curl", Data: publicURL + "/calls/choice"},
	}
}

func choice(call Call) []Action {
	desk, known := desks[call.Variables["digits"]]
	if !known {
		desk = "user/operator"
	}
	return []Action{
		{Application: "bridge", Data: desk, TimeoutMs: 20000, ID: "desk"},
		{Application: "cti_curl", Data: publicURL + "/calls/after"},
	}
}

func after(call Call) []Action {
	if call.Variables["originate_disposition"] == "SUCCESS" {
		return []Action{{Application: "hangup"}}
	}
	return []Action{
		{Application: "playback", Data: "say:Nobody is there. Please call again."},
		{Application: "hangup", Data: "NO_ANSWER"},
	}
}

// signed hands over the body of a POST whose signature is right.
func signed(next func(w http.ResponseWriter, body []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		if !isSigned(r.Header, body) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next(w, body)
	}
}

func actions(decide func(Call) []Action) http.HandlerFunc {
	return signed(func(w http.ResponseWriter, body []byte) {
		var call Call
		if err := json.Unmarshal(body, &call); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("content-type", "application/json")
		json.NewEncoder(w).Encode(decide(call))
	})
}

func event(w http.ResponseWriter, body []byte) {
	var event Event
	if err := json.Unmarshal(body, &event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	// May come twice: whoever counts or charges remembers event.ID.
	log.Println(event.Type, event.Call.UUID, string(event.Data))
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	var err error
	secret, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("SIGNING_SECRET"), "whsec_"))
	if err != nil || len(secret) == 0 {
		log.Fatal("SIGNING_SECRET is not a secret in base64")
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/calls", actions(menu))
	routes.HandleFunc("/calls/choice", actions(choice))
	routes.HandleFunc("/calls/after", actions(after))
	routes.HandleFunc("/events", signed(event))
	server := http.Server{Addr: "127.0.0.1:" + port, Handler: routes, ReadTimeout: 30 * time.Second}
	log.Fatal(server.ListenAndServe())
}
