package status

import "fmt"

// Round is how the newest round of the seed is (protocol §3).
type Round struct {
	Era uint64 `json:"era"`
	// Phase is DEAL, REVEAL, DONE or FAILED; Ends the last height at which it takes messages.
	Phase string `json:"phase"`
	Ends  int64  `json:"ends"`
	// Dealers, and how many of them dealt; of these how many opened, and how many secrets were rebuilt by others.
	Dealers int `json:"dealers"`
	Dealt   int `json:"dealt"`
	Opened  int `json:"opened"`
	Rebuilt int `json:"rebuilt"`
	// Own is this operator's status in it.
	Own    string `json:"own"`
	Reason string `json:"reason,omitempty"`
}

// String says it in words.
func (r Round) String() string {
	text := fmt.Sprintf("round of era %d is %s", r.Era, r.Phase)
	if r.Phase == "DEAL" || r.Phase == "REVEAL" {
		text += fmt.Sprintf(" until %d", r.Ends)
	}
	text += fmt.Sprintf(": of %d dealers %d dealt, %d opened, %d rebuilt; this operator: %s", r.Dealers, r.Dealt, r.Opened, r.Rebuilt, r.Own)
	if r.Reason != "" {
		text += "; " + r.Reason
	}
	return text
}
