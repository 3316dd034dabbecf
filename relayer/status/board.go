package status

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"cosmossdk.io/log/v2"
)

// Duty names.
const (
	Follow    = "follow"
	Observe   = "observe"
	Attest    = "attest"
	Sign      = "sign"
	Broadcast = "broadcast"
	Account   = "create-account"
	Heartbeat = "heartbeat"
	Deal      = "deal"
)

// Duty is what one duty is at. Heights are of this chain (Height) and of the original chain (Origin); Lag is in blocks of the
// chain that the duty follows.
type Duty struct {
	Name string `json:"name"`
	// Scope is a chain id or a contract, empty where there is one of it.
	Scope  string `json:"scope,omitempty"`
	Doing  string `json:"doing"`
	Height int64  `json:"height,omitempty"`
	Origin int64  `json:"origin_height,omitempty"`
	Lag    int64  `json:"lag"`
	// Done and Failed count since the process started.
	Done        uint64    `json:"done"`
	Failed      uint64    `json:"failed"`
	LastDone    time.Time `json:"last_done,omitzero"`
	LastError   string    `json:"last_error,omitempty"`
	LastErrorAt time.Time `json:"last_error_at,omitzero"`
}

// Alarm is something that a person has to look at; it stands until it no longer holds.
type Alarm struct {
	Key   string    `json:"key"`
	Text  string    `json:"text"`
	Since time.Time `json:"since"`
}

// Source is one source of an original chain.
type Source struct {
	Name      string  `json:"name"`
	Score     float64 `json:"score"`
	Height    int64   `json:"height"`
	Successes uint64  `json:"successes"`
	Failures  uint64  `json:"failures"`
	Lies      uint64  `json:"lies"`
	LastLie   string  `json:"last_lie,omitempty"`
	LastError string  `json:"last_error,omitempty"`
}

// Chain is one original chain's light client.
type Chain struct {
	ChainID string    `json:"chain_id"`
	State   string    `json:"state"`
	Head    int64     `json:"head"`
	Hash    string    `json:"hash,omitempty"`
	Time    time.Time `json:"time,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Sources []Source  `json:"sources"`
}

// Report is a relayer's status at one moment.
type Report struct {
	Version   string    `json:"version"`
	ChainID   string    `json:"chain_id"`
	Operator  string    `json:"operator"`
	Submitter string    `json:"submitter"`
	Started   time.Time `json:"started"`
	Now       time.Time `json:"now"`
	// Height and Time of this chain as last seen.
	Height      int64     `json:"height"`
	Time        time.Time `json:"time,omitzero"`
	Balance     string    `json:"balance,omitempty"`
	Pending     int       `json:"pending_transactions"`
	Quarantined int       `json:"quarantined"`
	// Round is the newest round of the seed, absent while there is none.
	Round  *Round  `json:"round,omitempty"`
	Chains []Chain `json:"chains"`
	Duties []Duty  `json:"duties"`
	Alarms []Alarm `json:"alarms"`
	// Calls is absent where the service to stakers is off.
	Calls *Calls `json:"calls,omitempty"`
}

type dutyKey struct{ name, scope string }

// Board collects a relayer's status. Safe for concurrent use.
type Board struct {
	log   log.Logger
	clock func() time.Time

	mu     sync.Mutex
	report Report
	duties map[dutyKey]Duty
	alarms map[string]Alarm
	chains map[string]Chain
}

// NewBoard starts with who the relayer is; the rest is filled in as it works.
func NewBoard(identity Report, logger log.Logger) *Board {
	identity.Started = time.Now().UTC()
	return &Board{
		log: logger, clock: time.Now, report: identity,
		duties: map[dutyKey]Duty{}, alarms: map[string]Alarm{}, chains: map[string]Chain{},
	}
}

// Set changes the fields of the report that are no list.
func (b *Board) Set(change func(*Report)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.report)
}

// Doing says what a duty is at; change may set heights and lag.
func (b *Board) Doing(name, scope, doing string, change func(*Duty)) {
	b.update(name, scope, func(duty *Duty) {
		duty.Doing = doing
		if change != nil {
			change(duty)
		}
	})
}

// Done counts a success of a duty.
func (b *Board) Done(name, scope, what string) {
	b.update(name, scope, func(duty *Duty) {
		duty.Done++
		duty.LastDone = b.clock().UTC()
		duty.Doing = what
	})
	b.log.Info(what, "duty", name, "scope", scope)
}

// Failed counts a failure of a duty. One that repeats the last is logged once a minute.
func (b *Board) Failed(name, scope string, err error) {
	now, text, repeated := b.clock().UTC(), err.Error(), false
	b.update(name, scope, func(duty *Duty) {
		repeated = duty.LastError == text && now.Sub(duty.LastErrorAt) < time.Minute
		duty.Failed++
		if !repeated {
			duty.LastError, duty.LastErrorAt = text, now
		}
	})
	if !repeated {
		b.log.Warn("duty failed", "duty", name, "scope", scope, "err", text)
	}
}

func (b *Board) update(name, scope string, change func(*Duty)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := dutyKey{name: name, scope: scope}
	duty := b.duties[key]
	duty.Name, duty.Scope = name, scope
	change(&duty)
	b.duties[key] = duty
}

// Alarm raises an alarm, or renews its text.
func (b *Board) Alarm(key, text string) {
	b.mu.Lock()
	alarm, standing := b.alarms[key]
	if !standing {
		alarm = Alarm{Key: key, Since: b.clock().UTC()}
	}
	changed := alarm.Text != text
	alarm.Text = text
	b.alarms[key] = alarm
	b.mu.Unlock()
	if changed {
		b.log.Error("alarm", "alarm", key, "text", text)
	}
}

// Clear takes an alarm back.
func (b *Board) Clear(key string) {
	b.mu.Lock()
	_, standing := b.alarms[key]
	delete(b.alarms, key)
	b.mu.Unlock()
	if standing {
		b.log.Info("alarm is over", "alarm", key)
	}
}

// AlarmIf raises the alarm where it holds and clears it where not.
func (b *Board) AlarmIf(holds bool, key, text string) {
	if holds {
		b.Alarm(key, text)
	} else {
		b.Clear(key)
	}
}

// Chain replaces what is known of an original chain.
func (b *Board) Chain(chain Chain) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.chains[chain.ChainID] = chain
}

// Report is the status now, lists in a fixed order.
func (b *Board) Report() Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	report := b.report
	report.Now = b.clock().UTC()
	report.Duties = slices.SortedFunc(maps.Values(b.duties), func(x, y Duty) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Scope, y.Scope))
	})
	report.Alarms = slices.SortedFunc(maps.Values(b.alarms), func(x, y Alarm) int { return cmp.Compare(x.Key, y.Key) })
	report.Chains = slices.SortedFunc(maps.Values(b.chains), func(x, y Chain) int { return cmp.Compare(x.ChainID, y.ChainID) })
	return report
}
