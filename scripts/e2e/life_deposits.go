package e2e

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	noMemoDeposit = 3_000_000
	brokenDeposit = 2_000_000
	dustDeposit   = minDeposit - 1
	nestedDeposit = 2_500_000
	failedDeposit = 4_000_000
)

// severalDeposits are the outputs to the vault of one transaction, in order.
var severalDeposits = []int64{20_000_000, 30_000_000, 40_000_000}

// badDeposits sends what the table of bad inputs lists, from two accounts, and then looks at what became of each.
func (l *Life) badDeposits(ctx context.Context) error {
	vault, err := l.depositAddress(ctx)
	if err != nil {
		return err
	}
	var noMemo, broken, dust, several, failed, nested Receipt
	err = Together(ctx, func(ctx context.Context) (err error) {
		if noMemo, err = l.pay(ctx, outsider, vault, noMemoDeposit, ""); err != nil {
			return err
		}
		if broken, err = l.pay(ctx, outsider, vault, brokenDeposit, l.user(holder)[:len(l.user(holder))-1]); err != nil {
			return err
		}
		if dust, err = l.pay(ctx, outsider, vault, dustDeposit, l.user(holder)); err != nil {
			return err
		}
		nested, err = l.nestedDeposit(ctx, vault)
		return err
	}, func(ctx context.Context) (err error) {
		if failed, err = l.failedDeposit(ctx, vault); err != nil {
			return err
		}
		several, err = l.severalDeposits(ctx, vault)
		return err
	})
	if err != nil {
		return err
	}
	if err := l.awaitObserved(ctx, nested.Height); err != nil {
		return err
	}
	if err := l.expectOutcomes(ctx, noMemo, broken, several); err != nil {
		return err
	}
	if err := l.expectNoDeposit(ctx, "deposit below the minimum (a surplus of the reserve)", dust); err != nil {
		return err
	}
	if err := l.expectNoDeposit(ctx, "deposit in a transaction that failed", failed); err != nil {
		return err
	}
	if err := l.expectNoDeposit(ctx, "deposit nested in authz exec (a surplus of the reserve)", nested); err != nil {
		return err
	}
	return l.claim(ctx, noMemo.Hash, broken.Hash)
}

// nestedDeposit lets an agent pay from the outsider's account by authz.
func (l *Life) nestedDeposit(ctx context.Context, vault string) (Receipt, error) {
	from, by := l.people[outsider], l.people[agent]
	granted, err := l.original.SendMessages(ctx, from, "", 0, encode(map[string]any{
		"@type": "/cosmos.authz.v1beta1.MsgGrant", "granter": from.Address, "grantee": by.Address,
		"grant": map[string]any{"authorization": map[string]any{
			"@type": "/cosmos.bank.v1beta1.SendAuthorization", "spend_limit": coins(nestedDeposit, l.original.Denom),
		}},
	}))
	if err := errors.Join(err, granted.Failed()); err != nil {
		return Receipt{}, fmt.Errorf("authz grant: %w", err)
	}
	send := bankSend(from.Address, vault, nestedDeposit, l.original.Denom)
	exec, err := json.Marshal(map[string]any{"@type": "/cosmos.authz.v1beta1.MsgExec", "grantee": by.Address, "msgs": []any{send}})
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := l.original.SendMessages(ctx, by, l.user(holder), 300_000, exec)
	if err != nil {
		return Receipt{}, fmt.Errorf("authz exec: %w", err)
	}
	return receipt, receipt.Failed()
}

// failedDeposit pays the vault in a transaction whose second message can't succeed.
func (l *Life) failedDeposit(ctx context.Context, vault string) (Receipt, error) {
	from := l.people[staker]
	receipt, err := l.original.SendMessages(ctx, from, l.user(holder), 300_000,
		encode(bankSend(from.Address, vault, failedDeposit, l.original.Denom)),
		encode(bankSend(from.Address, vault, 2*userFunds, l.original.Denom)))
	if err != nil {
		return receipt, err
	}
	if receipt.Code == 0 {
		return receipt, fmt.Errorf("%w: a transaction that spends more than there is succeeded", errUnexpected)
	}
	return receipt, nil
}

// severalDeposits pays the vault thrice in one transaction, for the crowd: two sends, and one of two outputs.
func (l *Life) severalDeposits(ctx context.Context, vault string) (Receipt, error) {
	from := l.people[staker]
	output := func(address string) any {
		return map[string]any{"address": address, "coins": coins(severalDeposits[2], l.original.Denom)}
	}
	multi := map[string]any{
		"@type":   "/cosmos.bank.v1beta1.MsgMultiSend",
		"inputs":  []any{map[string]any{"address": from.Address, "coins": coins(2*severalDeposits[2], l.original.Denom)}},
		"outputs": []any{output(vault), output(l.original.Fresh("bystander"))},
	}
	receipt, err := l.original.SendMessages(ctx, from, l.user(crowd), 400_000,
		encode(bankSend(from.Address, vault, severalDeposits[0], l.original.Denom)),
		encode(bankSend(from.Address, vault, severalDeposits[1], l.original.Denom)),
		encode(multi))
	if err != nil {
		return receipt, err
	}
	l.noteHash("three deposits in one transaction", receipt.Hash)
	return receipt, receipt.Failed()
}

func (l *Life) expectOutcomes(ctx context.Context, noMemo, broken, several Receipt) error {
	for _, outcome := range []struct {
		input string
		hash  string
		index uint32
		want  contracttypes.DepositStatus
	}{
		{"deposit without memo", noMemo.Hash, 0, contracttypes.DEPOSIT_STATUS_UNMATCHED},
		{"deposit with a broken address as memo", broken.Hash, 0, contracttypes.DEPOSIT_STATUS_UNMATCHED},
		{"first of three deposits in one transaction", several.Hash, 0, contracttypes.DEPOSIT_STATUS_MINTED},
		{"second of three deposits in one transaction", several.Hash, 1, contracttypes.DEPOSIT_STATUS_MINTED},
		{"third of three deposits in one transaction", several.Hash, 2, contracttypes.DEPOSIT_STATUS_MINTED},
	} {
		deposit, err := l.awaitDeposit(ctx, outcome.hash, outcome.index, outcome.want)
		if err != nil {
			return err
		}
		l.report.Answer(outcome.input, fmt.Sprintf("%s %s", deposit.Status, deposit.Reason))
	}
	return l.expectRTokens(ctx, crowd, severalDeposits[0]+severalDeposits[1]+severalDeposits[2])
}

func (l *Life) expectNoDeposit(ctx context.Context, input string, receipt Receipt) error {
	_, err := l.stafi.Deposit(ctx, l.contract, receipt.Hash, 0)
	if status.Code(err) != codes.NotFound {
		return fmt.Errorf("%w: %s in %s: %w, want no deposit recorded", errUnexpected, input, receipt.Hash, err)
	}
	l.report.Answer(input, "no deposit recorded, no rTokens")
	return nil
}

// awaitObserved waits until everything up to a height of the original chain is applied.
func (l *Life) awaitObserved(ctx context.Context, height int64) error {
	return AwaitDone(ctx, fmt.Sprintf("block %d of the original chain to be observed", height), observedLimit, func(ctx context.Context) (bool, error) {
		info, err := l.stafi.Contract(ctx, l.contract)
		return int64(info.State.ObservedHeight) >= height, err
	})
}

// claim lets the sender of an unmatched deposit assign it to the holder, after a stranger tried.
func (l *Life) claim(ctx context.Context, hash, other string) error {
	key, err := l.original.PrivateKey(l.people[outsider])
	if err != nil {
		return err
	}
	stranger := secp256k1.GenPrivKey()
	err = l.claimWith(ctx, stranger, hash)
	if err := l.expectRefusal("claim of an unmatched deposit by a key that did not send it", err); err != nil {
		return err
	}
	if err := l.claimWith(ctx, key, hash); err != nil {
		return err
	}
	l.books.Claim(hash, 0, l.user(holder))
	deposit, err := l.awaitDeposit(ctx, hash, 0, contracttypes.DEPOSIT_STATUS_MINTED)
	if err != nil {
		return err
	}
	l.report.Say("deposit %s claimed by the key that sent it: %s to %s; %s stays unmatched", hash, deposit.Amount, deposit.Recipient, other)
	return nil
}

func (l *Life) claimWith(ctx context.Context, key *secp256k1.PrivKey, hash string) error {
	recipient := l.user(holder)
	raw, err := hex.DecodeString(hash)
	if err != nil {
		return err
	}
	text, err := l.claimText(ctx, hash, recipient)
	if err != nil {
		return err
	}
	signature, err := signArbitrary(key, l.people[outsider].Address, text)
	if err != nil {
		return err
	}
	base := base64.StdEncoding.EncodeToString
	_, err = l.stafi.Tx(ctx, l.stafi.Users[friend], "stakingcontract claim", fmt.Sprint(l.contract), base(raw), "0", recipient,
		base(key.PubKey().Bytes()), base(signature))
	return err
}

// claimText is the text to sign as the command line gives it; it must be what the protocol says.
func (l *Life) claimText(ctx context.Context, hash, recipient string) (string, error) {
	var answer struct {
		Text string `json:"text"`
	}
	if err := l.stafi.Query(ctx, &answer, "stakingcontract claim-text", fmt.Sprint(l.contract), hash, "0", recipient); err != nil {
		return "", err
	}
	if want := claimText(l.stafi.ID, l.contract, hash, 0, recipient); answer.Text != want {
		return "", fmt.Errorf("%w: claim text %q, want %q", errUnexpected, answer.Text, want)
	}
	return answer.Text, nil
}

func bankSend(from, to string, amount int64, denom string) map[string]any {
	return map[string]any{
		"@type": "/cosmos.bank.v1beta1.MsgSend", "from_address": from, "to_address": to, "amount": coins(amount, denom),
	}
}

func coins(amount int64, denom string) []any {
	return []any{map[string]any{"denom": denom, "amount": math.NewInt(amount).String()}}
}

// encode writes a message of plain strings and lists, which can't fail.
func encode(message map[string]any) Message {
	bytes, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return bytes
}
