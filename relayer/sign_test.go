package relayer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestAPayloadThatTheStateDoesNotCallForIsRefusedByNameAndRaisesAnAlarm(t *testing.T) {
	thief := "orig1zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3a7f77c"
	for name, c := range map[string]struct {
		change func(*world, *contracttypes.Batch, *multisigtypes.CosmosPayload)
		want   error
	}{
		"another recipient": {func(w *world, _ *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
			p.Outputs[0].Address = w.stafi.vaults[1].Address
		}, ErrPayloadDigest},
		"another amount": {func(_ *world, _ *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
			p.Outputs[0].Amount = math.NewInt(991)
		}, ErrPayloadDigest},
		"one output more": {func(w *world, _ *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
			p.Outputs = append(p.Outputs, multisigtypes.Output{Address: w.stafi.vaults[1].Address, Amount: math.NewInt(1)})
		}, ErrPayloadDigest},
		"more than the redemption is owed": {func(_ *world, b *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
			b.Items[0].Amount, b.Total, p.Outputs[0].Amount = math.NewInt(991), math.NewInt(991), math.NewInt(991)
		}, ErrPayloadOutputs},
		"a total that is not the sum": {func(_ *world, b *contracttypes.Batch, _ *multisigtypes.CosmosPayload) {
			b.Total = math.NewInt(989)
		}, ErrPayloadOutputs},
		"a batch of another vault": {func(_ *world, b *contracttypes.Batch, _ *multisigtypes.CosmosPayload) { b.Vault = 2 }, ErrPayloadOutputs},
		"a sweep to the vault itself": {func(_ *world, b *contracttypes.Batch, _ *multisigtypes.CosmosPayload) {
			b.Purpose, b.Destination = multisigtypes.PURPOSE_SWEEP, 1
		}, ErrPayloadOutputs},
		"a handover to a vault of nobody": {func(_ *world, b *contracttypes.Batch, _ *multisigtypes.CosmosPayload) {
			b.Purpose, b.Destination = multisigtypes.PURPOSE_HANDOVER, 8
		}, ErrPayloadOutputs},
		"another fee than the batch's": {func(_ *world, _ *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
			p.Fee = sdk.NewInt64Coin(originDenom, 1601)
		}, ErrPayloadFee},
		"a fee out of all proportion": {func(_ *world, b *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
			b.Fee, p.Fee = math.NewInt(4000), sdk.NewInt64Coin(originDenom, 4000)
			b.Fee, p.Fee = b.Fee.MulRaw(100), sdk.NewCoin(originDenom, p.Fee.Amount.MulRaw(100))
		}, ErrPayloadFee},
		"another memo": {func(_ *world, _ *contracttypes.Batch, p *multisigtypes.CosmosPayload) { p.Memo = "stafi/5" }, ErrPayloadDigest},
		"another account number": {func(_ *world, _ *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
			p.AccountNumber++
		}, ErrPayloadDigest},
		"one MsgSend where a multi-send is due": {func(_ *world, _ *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
			p.MultiSend = false
		}, ErrPayloadDigest},
		"a vault whose address is not that of its keys": {func(w *world, _ *contracttypes.Batch, _ *multisigtypes.CosmosPayload) {
			vault := w.stafi.vaults[1]
			vault.Address = thief
			w.stafi.vaults[1] = vault
		}, ErrPayloadVault},
		"a vault of another chain": {func(w *world, _ *contracttypes.Batch, _ *multisigtypes.CosmosPayload) {
			vault := w.stafi.vaults[1]
			vault.ChainId = "elsewhere"
			w.stafi.vaults[1] = vault
		}, ErrPayloadVault},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.activeVault(5000)
			w.openPayout(4, func(b *contracttypes.Batch, p *multisigtypes.CosmosPayload) { c.change(w, b, p) })
			w.stafi.sessions[4].session.Purpose = w.stafi.batches[4].Purpose
			w.startAll()
			w.blocks(3)
			require.Equal(t, 0, count(w.executed(), "signature"), w.executed())
			require.Contains(t, w.members[0].lastError("sign"), c.want.Error())
			require.Contains(t, w.alarms(w.members[0]), "payload-refused")
			for _, m := range w.members {
				records := 0
				require.NoError(t, m.process.relayer.Journal.Each("signed", "", func(string, []byte) error { records++; return nil }))
				require.Zero(t, records, "what is refused is not written down as signed")
			}
		})
	}
}

func TestAMoveToTheNextVaultIsSigned(t *testing.T) {
	w := newWorld(t, 2)
	w.activeVault(5000)
	next := w.addVault(2, multisigtypes.VAULT_STATUS_PENDING, 1)
	next.AccountKnown = true
	w.stafi.vaults[2] = next
	w.openPayout(4, func(b *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
		b.Purpose, b.Destination, b.Items, b.Total = multisigtypes.PURPOSE_HANDOVER, 2, nil, math.NewInt(3400)
		p.Outputs = []multisigtypes.Output{{Address: next.Address, Amount: math.NewInt(3400)}}
		p.MultiSend = false
	})
	w.startAll()
	w.blocks(2)
	require.Equal(t, 2, count(w.executed(), "signature 4"), w.executed())
}

func TestAnotherSeriesForASignedSequenceIsRefusedUntilTheFirstIsProvenDead(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.origin.stuck = true
	w.openPayout(4, func(_ *contracttypes.Batch, p *multisigtypes.CosmosPayload) { p.TimeoutHeight = 58 })
	w.startAll()
	w.blocks(2)
	require.Equal(t, 1, count(w.executed(), "signature 4"), w.executed())
	w.openPayout(6, nil)
	w.blocks(3)
	require.Equal(t, 0, count(w.executed(), "signature 6"), w.executed())
	require.Contains(t, w.members[0].lastError("sign"), ErrPayloadSequence.Error())
	w.blocks(4)
	require.Equal(t, 1, count(w.executed(), "signature 6"), w.executed())
	require.NotContains(t, w.alarms(w.members[0]), "payload-refused")
}

func TestAnotherAttemptOfTheSameSeriesIsSignedAtOnceIfItDoesTheSame(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.origin.stuck = true
	w.openPayout(4, nil)
	w.startAll()
	w.blocks(2)
	w.openPayout(5, func(b *contracttypes.Batch, p *multisigtypes.CosmosPayload) { p.TimeoutHeight++ })
	w.stafi.sessions[5].session.Root = 4
	w.blocks(2)
	require.Equal(t, 1, count(w.executed(), "signature 5"), w.executed())
	w.openPayout(6, func(b *contracttypes.Batch, p *multisigtypes.CosmosPayload) {
		b.Items[0].Amount, b.Total, p.Outputs[0].Amount = math.NewInt(900), math.NewInt(900), math.NewInt(900)
	})
	w.stafi.sessions[6].session.Root = 4
	w.stafi.batches[4] = w.stafi.batches[6]
	w.blocks(2)
	require.Equal(t, 0, count(w.executed(), "signature 6"), w.executed())
	require.Contains(t, w.members[0].lastError("sign"), ErrPayloadSequence.Error())
}

func TestASignatureWithAKeyThatIsNotConfiguredRaisesAnAlarm(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.openPayout(4, nil)
	w.members[0].keys.Signers = map[string][]Key{originChain: {w.members[0].keys.Submitter}}
	w.startAll()
	w.blocks(2)
	require.Contains(t, w.members[0].lastError("sign"), ErrKey.Error())
	require.Contains(t, w.alarms(w.members[0]), "payload-refused")
}

func TestAFormerKeyStillSignsForItsVault(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.openPayout(4, nil)
	former := w.members[0].keys.Signers[originChain][0]
	w.members[0].keys.Signers = map[string][]Key{originChain: {w.members[0].keys.Submitter, former}}
	w.startAll()
	w.blocks(2)
	require.Equal(t, 1, count(w.executed(), "signature 4"), w.executed())
}
