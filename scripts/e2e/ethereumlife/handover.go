package ethereumlife

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// heldPayout is a payout that was signed by a vault's members and held back, with the redemptions in it.
type heldPayout struct {
	root, vault uint64
	redemptions []uint64
}

// holdBefore is how many slots before an era's end payouts are held back: one that was sent before is final by then, and leaves time for the next.
const holdBefore = 40

// handover waits for the next committee. A payout that the one before signs shortly before is held back by the node that it is sent by, until the
// Safe is the next committee's. (Where a machine is so slow that the first committee had none to sign any more, it is the second one's.)
func (l *Life) handover(ctx context.Context) error {
	if err := l.awaitEraEnding(ctx); err != nil {
		return err
	}
	l.gate.HoldPayouts()
	held, err := l.awaitHeld(ctx)
	if err != nil {
		return err
	}
	l.report.Say("payout of redemptions %v signed by vault %d and held back", held.redemptions, held.vault)
	begin := time.Now()
	next, err := l.awaitActive(ctx, eraLimit, func(vault uint64) bool { return vault != held.vault })
	if err != nil {
		return err
	}
	kept := l.gate.LetGo()
	l.report.Fact("handover proven %s after the payout was held back", seconds(time.Since(begin)))
	if next.Address != l.vault.Address {
		return fmt.Errorf("%w: vault %d is at %s, the Safe at %s", errUnexpected, next.Id, next.Address, l.vault.Address)
	}
	if err := l.expectOwners(ctx, next.Id); err != nil {
		return err
	}
	if err := l.expectNobodyTwice(ctx, held.vault, next.Id); err != nil {
		return err
	}
	for _, tx := range kept {
		_, err := l.chain.Ask(ctx, outsider.Address, l.safe(), new(big.Int), tx.Data())
		if err := l.report.ExpectRefusal("the payout signed by the committee before, sent to the Safe of the next", err, "GS02"); err != nil {
			return err
		}
	}
	return l.expectSignedAnew(ctx, held, next.Id)
}

// awaitEraEnding waits until the era is about to end.
func (l *Life) awaitEraEnding(ctx context.Context) error {
	return e2e.AwaitDone(ctx, "the end of the era to come near", eraLimit, func(ctx context.Context) (bool, error) {
		era, err := l.stafi.Era(ctx)
		return err == nil && time.Until(era.Record.Era.EndTime) < holdBefore*l.slotTime(), err
	})
}

// awaitHeld waits until a payout is signed and held back.
func (l *Life) awaitHeld(ctx context.Context) (heldPayout, error) {
	return e2e.Await(ctx, "a payout to be signed and held back", paidLimit, func(ctx context.Context) (held heldPayout, done bool, err error) {
		if l.gate.Kept() == 0 {
			return held, false, nil
		}
		for id := l.crowdFirst; id < l.crowdFirst+crowdSize; id++ {
			info, err := l.stafi.Redemption(ctx, id)
			if err != nil {
				return held, false, err
			}
			r := info.Redemption
			if r.Status == contracttypes.REDEMPTION_STATUS_SIGNED || r.Status == contracttypes.REDEMPTION_STATUS_SIGNING {
				held.root, held.redemptions = r.Root, append(held.redemptions, id)
			}
		}
		if held.root == 0 {
			return held, false, nil
		}
		session, err := l.stafi.Session(ctx, held.root)
		if err == nil {
			held.vault = session.Session.Vault
		}
		return held, err == nil, err
	})
}

// expectNobodyTwice wants two committees to have nobody in common: others could serve.
func (l *Life) expectNobodyTwice(ctx context.Context, before, after uint64) error {
	var committees [2][]string
	for i, id := range []uint64{before, after} {
		answer, err := l.stafi.Vault(ctx, id)
		if err != nil {
			return err
		}
		for _, signer := range answer.Signers {
			committees[i] = append(committees[i], signer.Operator)
		}
	}
	for _, operator := range committees[0] {
		if slices.Contains(committees[1], operator) {
			return fmt.Errorf("%w: %s serves twice in a row although others could", errUnexpected, l.stafi.Names([]string{operator}))
		}
	}
	return nil
}

// expectSignedAnew wants the redemptions of the payout that lost its nonce in a payout of the next vault, and the old one's session without proof.
func (l *Life) expectSignedAnew(ctx context.Context, held heldPayout, next uint64) error {
	old, err := l.stafi.Session(ctx, held.root)
	if err != nil {
		return err
	}
	if old.Tally.Status == multisigtypes.SESSION_STATUS_PROVEN {
		return fmt.Errorf("%w: the payout %d that was held back is proven", errUnexpected, held.root)
	}
	for _, id := range held.redemptions {
		info, err := e2e.Await(ctx, fmt.Sprintf("redemption %d to be signed anew", id), paidLimit, func(ctx context.Context) (contracttypes.RedemptionInfo, bool, error) {
			info, err := l.stafi.Redemption(ctx, id)
			return info, err == nil && info.Redemption.Root > held.root, err
		})
		if err != nil {
			return err
		}
		anew, err := l.stafi.Session(ctx, info.Redemption.Root)
		if err != nil {
			return err
		}
		if anew.Session.Vault != next {
			return fmt.Errorf("%w: redemption %d is paid by vault %d, want %d", errUnexpected, id, anew.Session.Vault, next)
		}
	}
	l.report.Say("its redemptions are signed anew by vault %d", next)
	return nil
}
