package e2e

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	// newcomersGift is more than the least balance of a client, and comes too late for the era.
	newcomersGift = 2 * minClientBalance
	countedWord   = "receipt: counted"
)

// clients of the services, and how often each calls each member.
var clients = []struct {
	user  string
	calls []string
}{
	{holder, []string{"vault", "solvency", "heads"}},
	{friend, []string{"vault", "solvency"}},
}

// served counts the calls that members were paid for with a receipt, by operator.
type served map[string]uint64

// callServices lets stakers call the members of the era's committee by the command line, and tries what must not count. It ends when the members
// have handed in what they were given.
func (l *Life) callServices(ctx context.Context, o *outage) error {
	operators, err := l.signersOf(ctx, o.vault)
	if err != nil {
		return err
	}
	o.served = served{}
	var called []*Operator
	for _, address := range operators {
		if address == o.victim.Address {
			continue
		}
		operator, err := l.stafi.Operator(address)
		if err != nil {
			return err
		}
		if err := l.callAll(ctx, o, operator); err != nil {
			return err
		}
		called = append(called, operator)
	}
	if err := l.callsThatDoNotCount(ctx, called[0]); err != nil {
		return err
	}
	if err := l.awaitHandedIn(ctx, o, called); err != nil {
		return err
	}
	return l.badReceipts(ctx, o, called[0])
}

func (l *Life) callAll(ctx context.Context, o *outage, member *Operator) error {
	for _, client := range clients {
		for i, call := range client.calls {
			output, err := l.call(ctx, member, client.user, call)
			if err != nil {
				return err
			}
			if want := fmt.Sprintf("%s; the member holds a count of %d", countedWord, i+1); !strings.Contains(output.Stderr, want) {
				return fmt.Errorf("%w: %s of validator%d by %s answered %q, want %q", errUnexpected, call, member.Index, client.user, output.Stderr, want)
			}
		}
		o.served[member.Address] += uint64(len(client.calls))
	}
	l.report.Say("validator%d's service called by %s and %s, each call with a receipt: %d counted", member.Index, holder, friend, o.served[member.Address])
	return nil
}

// call is what a staker types; without a user no receipt is signed.
func (l *Life) call(ctx context.Context, member *Operator, user, call string) (Output, error) {
	args := []string{"rpc", "call", call, "--endpoint", member.Endpoint, "--contract", fmt.Sprint(l.contract), "--chain-id", l.stafi.ID,
		"--home", l.stafi.Users[holder].Home, "--keyring-backend", "test"}
	if user != "" {
		args = append(args, "--from", user)
	}
	return Run(ctx, l.stafi.Binary, args...)
}

// callsThatDoNotCount are served all the same, at the lower rate, and the caller is told why they don't.
func (l *Life) callsThatDoNotCount(ctx context.Context, member *Operator) error {
	output, err := l.call(ctx, member, "", "heads")
	if err != nil {
		return err
	}
	if strings.Contains(output.Stderr, "receipt") {
		return fmt.Errorf("%w: a call without receipt answered %q", errUnexpected, output.Stderr)
	}
	l.report.Answer("call without a receipt", "served, not counted")
	_, err = l.stafi.Tx(ctx, l.stafi.Users[holder], "bank send", l.user(holder), l.user(newcomer), l.rTokens(newcomersGift))
	if err != nil {
		return err
	}
	l.books.Move(l.user(holder), l.user(newcomer), newcomersGift)
	if err := l.notCounted(ctx, member, newcomer, "call by a client whose rTokens came within the era", "since before era"); err != nil {
		return err
	}
	return l.forgetful(ctx, member)
}

// forgetful is a client that lost its counts and signs a lower one.
func (l *Life) forgetful(ctx context.Context, member *Operator) error {
	path := filepath.Join(l.stafi.Users[holder].Home, "rpc", "counts.json")
	counts, err := os.ReadFile(path) //nolint:gosec // a path of the network made here
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	if err := l.notCounted(ctx, member, friend, "call with a lower count than the member knows", "not above the highest known"); err != nil {
		return err
	}
	return os.WriteFile(path, counts, 0o600) //nolint:gosec // a path of the network made here
}

func (l *Life) notCounted(ctx context.Context, member *Operator, user, input, reason string) error {
	output, err := l.call(ctx, member, user, "heads")
	if err != nil {
		return err
	}
	if strings.Contains(output.Stderr, countedWord) || !strings.Contains(output.Stderr, reason) {
		return fmt.Errorf("%w: %s answered %q, want %q in it", errUnexpected, input, output.Stderr, reason)
	}
	l.report.Answer(input, "served, not counted: "+strings.TrimSpace(output.Stderr))
	return nil
}

// awaitHandedIn waits until each member's relayer has sent its receipts to the chain, which it does from half of the era on.
func (l *Life) awaitHandedIn(ctx context.Context, o *outage, called []*Operator) error {
	return AwaitDone(ctx, "the members to hand in their receipts", eraLimit, func(ctx context.Context) (bool, error) {
		chronicle, err := l.chronicled(ctx)
		if err != nil {
			return false, err
		}
		for _, operator := range called {
			if chronicle.HandedIn(operator.Submitter.Address, o.height) == 0 {
				return false, nil
			}
		}
		l.report.Say("the receipts of all %d members are on the chain", len(called))
		return true, nil
	})
}

// badReceipts are handed in by a member itself, by the command line.
func (l *Life) badReceipts(ctx context.Context, o *outage, member *Operator) error {
	for _, bad := range []struct {
		input, user string
		era, calls  uint64
		wanted      string
	}{
		{"receipt with a lower count than is known", holder, o.era, 1, "wanted more than"},
		{"receipt of another era", holder, o.era - 1, 9, "wanted the current one"},
		{"receipt of a client whose rTokens came within the era", newcomer, o.era, 9, "wanted at least"},
	} {
		receipt, err := l.receipt(ctx, member, bad.user, bad.era, bad.calls)
		if err != nil {
			return err
		}
		_, err = l.stafi.Tx(ctx, member.Submitter, "stakingcontract submit-receipts", fmt.Sprint(l.contract), fmt.Sprint(bad.era), receipt)
		if err := l.expectRefusal(bad.input, err, bad.wanted); err != nil {
			return err
		}
	}
	return nil
}

// receipt signs protocol §15's text as a client: each part prefixed by its length, numbers as 8 bytes, all big-endian.
func (l *Life) receipt(ctx context.Context, member *Operator, user string, era, calls uint64) (string, error) {
	key, err := l.stafi.PrivateKey(ctx, l.stafi.Users[user])
	if err != nil {
		return "", err
	}
	client := key.PubKey().Bytes()
	var text []byte
	part := func(value []byte) {
		text = binary.BigEndian.AppendUint32(text, uint32(len(value)))
		text = append(text, value...)
	}
	part([]byte("stafi/rpc/receipt/v1"))
	part([]byte(l.stafi.ID))
	text = binary.BigEndian.AppendUint64(text, l.contract)
	text = binary.BigEndian.AppendUint64(text, era)
	part(member.raw())
	part(client)
	signature, err := key.Sign(binary.BigEndian.AppendUint64(text, calls))
	if err != nil {
		return "", err
	}
	bytes, err := json.Marshal(map[string]any{"client": client, "calls": fmt.Sprint(calls), "signature": signature})
	return string(bytes), err
}
