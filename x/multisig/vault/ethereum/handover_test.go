package ethereum_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// handOver executes the handover to a committee, which then holds the vault.
func (v *vault) handOver(next committee) uint64 {
	v.t.Helper()
	p := v.handover(next)
	_, owners, err := v.owners.Handover(v.safe, next.Owners)
	require.NoError(v.t, err)
	receipt := v.executed(p, true)
	v.committee, v.owners = next, owners
	v.requireOwners()
	return receipt.Gas
}

// requireOwners wants the Safe to have the owners and the threshold that were foreseen, and nothing else.
func (v *vault) requireOwners() {
	v.t.Helper()
	for _, slot := range ethereum.Storage(ethereum.Canonical().Singleton, v.owners) {
		require.Equal(v.t, slot.Value, v.chain.Storage(v.safe, slot.Key), "slot %s", slot.Key)
	}
	var owners []common.Address
	v.read("getOwners", &owners)
	require.Equal(v.t, v.owners.List, owners)
	threshold := new(big.Int)
	v.read("getThreshold", &threshold)
	require.EqualValues(v.t, v.Threshold, threshold.Uint64())
}

// refused wants calldata to revert for a reason and to leave the nonce.
func (v *vault) refused(p ethereum.Payload, calldata []byte, reason string) {
	v.t.Helper()
	nonce := v.nonce
	receipt := v.send(p, calldata, 0)
	require.True(v.t, receipt.Reverted)
	require.Equal(v.t, reason, receipt.Reason)
	require.Equal(v.t, nonce, v.nonce)
}

const invalidOwner = "GS026"

func TestTwentyOneOwnersHandOverToTwentyOneOthersInOneSafeTx(t *testing.T) {
	v := newVault(t, newCommittee(t, "old", 21, 15))
	old := v.committee
	gas := v.handOver(newCommittee(t, "new", 21, 15))
	t.Logf("21 owners replaced by 21 others: %d gas", gas)

	p := v.payout(fresh(1)...)
	digest, err := ethereum.Digest(p)
	require.NoError(t, err)
	var signatures []byte
	for i := range 15 {
		signatures = append(signatures, old.sign(t, digest, i).Signature...)
	}
	tx, err := p.SafeTx()
	require.NoError(t, err)
	v.refused(p, tx.Calldata(signatures), invalidOwner)
	v.executed(p, true)
}

func TestAPayoutSignedBeforeAHandoverAndNotSentIsSignedAnewAndPaidOnce(t *testing.T) {
	v := newVault(t, newCommittee(t, "old", 21, 15))
	recipient := fresh(1)[0]
	before := v.payout(recipient)
	signedBefore := v.calldata(before)

	v.handOver(newCommittee(t, "new", 21, 15))
	v.refused(before, signedBefore, invalidOwner)
	require.Zero(t, v.chain.Balance(recipient).Sign())

	again := v.payout(recipient)
	require.Equal(t, before.Nonce+1, again.Nonce)
	signedAgain := v.calldata(again)
	v.executed(again, true)
	v.refused(again, signedAgain, invalidOwner)
	v.refused(before, signedBefore, invalidOwner)
	require.Equal(t, tenth, v.chain.Balance(recipient))
}

func TestOfAPayoutAndAHandoverOfOneNonceTheSafeExecutesOne(t *testing.T) {
	v := newVault(t, newCommittee(t, "old", 4, 3))
	next := newCommittee(t, "new", 4, 3)
	handover := v.handover(next)
	signed := v.calldata(handover)
	v.executed(v.payout(fresh(1)...), true)
	v.refused(handover, signed, invalidOwner)
	v.requireOwners()
	v.handOver(next)
}

func TestASafeTransactionOfAForeignNonceIsRefused(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 4, 3))
	early := v.payout(fresh(1)...)
	early.Nonce++
	v.refused(early, v.calldata(early), invalidOwner)
	v.executed(v.payout(fresh(1)...), true)
	v.executed(early, true)
	v.refused(early, v.calldata(early), invalidOwner)
}

func TestASignatureByARemovedOwnerIsWorthless(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 4, 3))
	removed := v.private[3]
	v.handOver(v.with(t, v.private[:3]...))
	mixed := v.with(t, append(v.private[:2:2], removed)...)
	p := v.payout(fresh(1)...)
	tx, err := p.SafeTx()
	require.NoError(t, err)
	digest, err := tx.Hash(p.Domain())
	require.NoError(t, err)
	var signatures []byte
	for i := range 3 {
		signatures = append(signatures, mixed.sign(t, digest, i).Signature...)
	}
	v.refused(p, tx.Calldata(signatures), invalidOwner)
	_, _, err = ethereum.Assemble(p, mixed.keys, nil)
	require.ErrorIs(t, err, ethereum.ErrOwners)
}

func TestASafeOnAnotherChainOrOfAnotherContractTakesNoSignatureOfThisOne(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 4, 3))
	for name, change := range map[string]func(*ethereum.Payload){
		"another chain": func(p *ethereum.Payload) { p.ChainNumber++ },
		"another Safe":  func(p *ethereum.Payload) { p.Safe = fresh(2)[1] },
	} {
		t.Run(name, func(t *testing.T) {
			p := v.payout(fresh(1)...)
			change(&p)
			v.refused(p, v.calldata(p), invalidOwner)
		})
	}
}

func TestAnyChangeOfOwnersEndsAsForeseenByTheFewestCalls(t *testing.T) {
	people := newCommittee(t, "a", 9, 1)
	chain := newVault(t, newCommittee(t, "root", 1, 1)).chain
	rapid.Check(t, func(r *rapid.T) {
		first, next := drawCommittee(t, r, people, "first"), drawCommittee(t, r, people, "next")
		v := deployed(t, chain.Fork(), first)
		leaving, joining := outside(v.List, next.List), outside(next.List, v.List)
		calls, _, err := v.owners.Handover(v.safe, next.Owners)
		if leaving+joining == 0 && first.Threshold == next.Threshold {
			require.ErrorIs(t, err, ethereum.ErrSameOwners)
			return
		}
		require.NoError(t, err)
		wanted := max(leaving, joining)
		if leaving == joining && first.Threshold != next.Threshold {
			wanted++
		}
		require.Len(t, calls, wanted)
		v.handOver(next)
		v.executed(v.payout(fresh(1)...), true)
		third := drawCommittee(t, r, people, "third")
		if outside(next.List, third.List)+outside(third.List, next.List) > 0 {
			v.handOver(third)
		}
	})
}

func drawCommittee(t testing.TB, r *rapid.T, people committee, name string) committee {
	t.Helper()
	members := rapid.Permutation(people.private).Draw(r, name)
	size := rapid.IntRange(1, len(members)).Draw(r, name+" size")
	people.Threshold = uint32(rapid.IntRange(1, size).Draw(r, name+" threshold"))
	return people.with(t, members[:size]...)
}

// outside counts what of one list is not in another.
func outside(list, other []common.Address) int {
	seen := map[common.Address]bool{}
	for _, address := range other {
		seen[address] = true
	}
	n := 0
	for _, address := range list {
		if !seen[address] {
			n++
		}
	}
	return n
}
