package keeper_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	multisigkeys "github.com/cosmos/cosmos-sdk/crypto/types/multisig"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// multisigOf is a threshold account of stakers' keys on the original chain.
func multisigOf(threshold int, names ...string) *multisig.LegacyAminoPubKey {
	keys := make([]cryptotypes.PubKey, len(names))
	for i, name := range names {
		keys[i] = stakerKey(name).PubKey()
	}
	return multisig.NewLegacyAminoPubKey(threshold, keys)
}

// claimOf claims a deposit with signatures of some of a multisig's stakers, as their wallets make them.
func claimOf(t *testing.T, d types.Deposit, key *multisig.LegacyAminoPubKey, recipient string, names ...string) *types.MsgClaimDeposit {
	t.Helper()
	text := claim.Deposit{ChainID: chainID, Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: recipient}.Text()
	data := multisigkeys.NewMultisig(len(key.PubKeys))
	for _, name := range names {
		document, err := claim.SignBytes(text, staker(name))
		require.NoError(t, err)
		signature, err := stakerKey(name).Sign(document)
		require.NoError(t, err)
		single := &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON, Signature: signature}
		require.NoError(t, multisigkeys.AddSignatureFromPubKey(data, single, stakerKey(name).PubKey(), key.GetPubKeys()))
	}
	public, err := key.Marshal()
	require.NoError(t, err)
	signature, err := signing.SignatureDataToProto(data).GetMulti().Marshal()
	require.NoError(t, err)
	return &types.MsgClaimDeposit{
		Claimer: userText("anyone"), Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: recipient, PublicKey: public, Signature: signature,
	}
}

func TestAnUnmatchedDepositOfAMultisigIsClaimedByItsThreshold(t *testing.T) {
	f := running(t)
	treasury := multisigOf(2, "alice", "bob", "carol")
	hash := f.chain.deposit(f.state().ActiveVault, bech("cosmos", treasury.Address()), "", 5_000)
	f.observe()
	d := f.deposit(hash, 0)
	require.Equal(t, types.DEPOSIT_STATUS_UNMATCHED, d.Status)
	bob := userText("bob")
	_, err := f.claim(d, "alice", bob)
	require.ErrorIs(t, err, types.ErrInvalidClaim, "a member's own key is not the multisig's")
	stolen := claimOf(t, d, treasury, bob, "alice", "bob")
	stolen.Recipient = userText("mallory")
	for name, refused := range map[string]*types.MsgClaimDeposit{
		"too few":               claimOf(t, d, treasury, bob, "alice"),
		"a multisig of others":  claimOf(t, d, multisigOf(2, "mallory", "trent"), bob, "mallory", "trent"),
		"the same, one of them": claimOf(t, d, multisigOf(1, "alice", "bob", "carol"), bob, "alice"),
		"another recipient":     stolen,
	} {
		_, err := f.msg.ClaimDeposit(f.ctx, refused)
		require.ErrorIs(t, err, types.ErrInvalidClaim, name)
		require.Equal(t, d, f.deposit(hash, 0), "nothing changed")
	}
	response, err := f.msg.ClaimDeposit(f.ctx, claimOf(t, d, treasury, bob, "carol", "alice"))
	require.NoError(t, err)
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, response.Status)
	require.Equal(t, int64(5_000), f.held("bob"))
	f.books()
	_, err = f.msg.ClaimDeposit(f.ctx, claimOf(t, d, treasury, userText("carol"), "bob", "carol"))
	require.ErrorIs(t, err, types.ErrNotClaimable, "once ever")
}

// TestAClaimPaysForEachSignatureThatIsVerified counts two for a wallet's: it is tried for the
// multisig's address first, and then for the member's own.
func TestAClaimPaysForEachSignatureThatIsVerified(t *testing.T) {
	f := running(t)
	treasury := multisigOf(2, "alice", "bob", "carol")
	hash := f.chain.deposit(f.state().ActiveVault, bech("cosmos", treasury.Address()), "", 5_000)
	f.observe()
	d := f.deposit(hash, 0)
	gas := func(names ...string) uint64 {
		meter := storetypes.NewInfiniteGasMeter()
		ctx, _ := f.ctx.WithGasMeter(meter).CacheContext()
		_, err := f.msg.ClaimDeposit(ctx, claimOf(t, d, treasury, userText("bob"), names...))
		require.NoError(t, err)
		return meter.GasConsumed()
	}
	require.Equal(t, uint64(2*1000), gas("alice", "bob", "carol")-gas("alice", "bob"))
	names := slices.Repeat([]string{"alice"}, 21)
	_, err := f.msg.ClaimDeposit(f.ctx, claimOf(t, d, multisigOf(1, names...), userText("bob"), "alice"))
	require.ErrorContains(t, err, "21 keys, wanted at most 20")
}
