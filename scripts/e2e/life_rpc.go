package e2e

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/rpcclient"
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

// callServices lets stakers call the members of the era's committee, the first of them by the command line, and tries what must not count. It ends
// when the members have handed in what they were given.
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
		call := l.ask
		if len(called) == 0 {
			call = l.call
		}
		if err := l.callAll(ctx, o, operator, call); err != nil {
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

func (l *Life) callAll(ctx context.Context, o *outage, member *Operator, call func(ctx context.Context, member *Operator, user, call string) (string, error)) error {
	for _, client := range clients {
		for i, asked := range client.calls {
			outcome, err := call(ctx, member, client.user, asked)
			if err != nil {
				return err
			}
			if want := fmt.Sprintf("%s; the member holds a count of %d", countedWord, i+1); !strings.Contains(outcome, want) {
				return fmt.Errorf("%w: %s of validator%d by %s answered %q, want %q", errUnexpected, asked, member.Index, client.user, outcome, want)
			}
		}
		o.served[member.Address] += uint64(len(client.calls))
	}
	l.report.Say("validator%d's service called by %s and %s, each call with a receipt: %d counted", member.Index, holder, friend, o.served[member.Address])
	return nil
}

// ask is call without the command, by what the command calls; it counts in the same file.
func (l *Life) ask(ctx context.Context, member *Operator, user, call string) (string, error) {
	key, err := l.stafi.PrivateKey(l.stafi.Users[user])
	if err != nil {
		return "", err
	}
	client, err := rpcclient.Dial(member.Endpoint, rpcclient.Options{
		ChainID: l.stafi.ID, Contract: l.contract, Counts: rpcclient.NewFileCounts(l.countsPath()),
		Signer: &rpcclient.Signer{PubKey: key.PubKey().Bytes(), Sign: key.Sign},
	})
	if err != nil {
		return "", err
	}
	defer client.Close()
	switch call {
	case "heads":
		_, err = client.Heads(ctx, &rpcapi.HeadsRequest{})
	case "vault":
		_, err = client.Vault(ctx, &rpcapi.VaultRequest{Contract: l.contract})
	case "solvency":
		_, err = client.Solvency(ctx, &rpcapi.SolvencyRequest{Contract: l.contract})
	default:
		err = fmt.Errorf("%w: no call %q", errUnexpected, call)
	}
	outcome := client.Outcome()
	return fmt.Sprintf("receipt: %s; the member holds a count of %s", outcome.Status, outcome.Calls), err
}

// countsPath is where callers keep how often they called whom.
func (l *Life) countsPath() string {
	return filepath.Join(l.stafi.Users[holder].Home, "rpc", "counts.json")
}

// call is what a staker types; without a user no receipt is signed. It returns what is said of the receipt.
func (l *Life) call(ctx context.Context, member *Operator, user, call string) (string, error) {
	args := []string{"rpc", "call", call, "--endpoint", member.Endpoint, "--contract", fmt.Sprint(l.contract), "--chain-id", l.stafi.ID,
		"--home", l.stafi.Users[holder].Home, "--keyring-backend", "test"}
	if user != "" {
		args = append(args, "--from", user)
	}
	output, err := Run(ctx, l.stafi.Binary, args...)
	return output.Stderr, err
}

// callsThatDoNotCount are served all the same, at the lower rate, and the caller is told why they don't.
func (l *Life) callsThatDoNotCount(ctx context.Context, member *Operator) error {
	outcome, err := l.call(ctx, member, "", "heads")
	if err != nil {
		return err
	}
	if strings.Contains(outcome, "receipt") {
		return fmt.Errorf("%w: a call without receipt answered %q", errUnexpected, outcome)
	}
	l.report.Answer("call without a receipt", "served, not counted")
	given, err := l.stafi.SendMessages(ctx, l.stafi.Users[holder], "", 0, encode(bankSend(l.user(holder), l.user(newcomer), newcomersGift, l.rDenom())))
	if err := errors.Join(err, given.Failed()); err != nil {
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
	path := l.countsPath()
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
	outcome, err := l.ask(ctx, member, user, "heads")
	if err != nil {
		return err
	}
	if strings.Contains(outcome, countedWord) || !strings.Contains(outcome, reason) {
		return fmt.Errorf("%w: %s answered %q, want %q in it", errUnexpected, input, outcome, reason)
	}
	l.report.Answer(input, "served, not counted: "+strings.TrimSpace(outcome))
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

// badReceipts are handed in by a member itself, before the era is over; the last one, which is of an era that is over, by the command line.
func (l *Life) badReceipts(ctx context.Context, o *outage, member *Operator) error {
	for _, bad := range []struct {
		input, user string
		era, calls  uint64
		wanted      string
	}{
		{"receipt with a lower count than is known", holder, o.era, 1, "wanted more than"},
		{"receipt of a client whose rTokens came within the era", newcomer, o.era, 9, "wanted at least"},
		{"receipt of another era", holder, o.era - 1, 9, "wanted the current one"},
	} {
		receipt, err := l.receipt(member, bad.user, bad.era, bad.calls)
		if err != nil {
			return err
		}
		handIn := l.handReceiptIn
		if bad.era != o.era {
			handIn = l.handReceiptInByCommand
		}
		err = handIn(ctx, member, bad.era, receipt)
		if err := l.expectRefusal(bad.input, err, bad.wanted); err != nil {
			return err
		}
	}
	return nil
}

func (l *Life) handReceiptIn(ctx context.Context, member *Operator, era uint64, receipt map[string]any) error {
	sent, err := l.stafi.SendMessages(ctx, member.Submitter, "", 0, encode(map[string]any{
		"@type": "/stafi.stakingcontract.v1.MsgSubmitRPCReceipts", "submitter": member.Submitter.Address, "contract": fmt.Sprint(l.contract),
		"era": fmt.Sprint(era), "receipts": []any{receipt},
	}))
	return errors.Join(err, sent.Failed())
}

func (l *Life) handReceiptInByCommand(ctx context.Context, member *Operator, era uint64, receipt map[string]any) error {
	_, err := l.stafi.Tx(ctx, member.Submitter, "stakingcontract submit-receipts", fmt.Sprint(l.contract), fmt.Sprint(era), string(encode(receipt)))
	return err
}

// receipt signs protocol §15's text as a client: each part prefixed by its length, numbers as 8 bytes, all big-endian.
func (l *Life) receipt(member *Operator, user string, era, calls uint64) (map[string]any, error) {
	key, err := l.stafi.PrivateKey(l.stafi.Users[user])
	if err != nil {
		return nil, err
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
	return map[string]any{"client": client, "calls": fmt.Sprint(calls), "signature": signature}, err
}
