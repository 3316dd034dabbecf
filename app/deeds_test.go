package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// opened is the committed state with the first vault ACTIVE and a payout asked for, and what each signer signs with.
func opened(c *chain) (sdk.Context, multisigtypes.Vault, multisigtypes.Session, map[string]*secp256k1.PrivKey) {
	ctx, _ := c.context().CacheContext()
	vault, session, keys := openedIn(c, ctx)
	return ctx, vault, session, keys
}

// openedIn does that in a context of the caller's.
func openedIn(c *chain, ctx sdk.Context) (multisigtypes.Vault, multisigtypes.Session, map[string]*secp256k1.PrivKey) {
	vaults, err := c.app.Multisig.ContractVaults(ctx, firstContract)
	require.NoError(c.t, err)
	id := vaults[0].Id
	require.NoError(c.t, c.app.Multisig.SetVaultAccount(ctx, id, 17, 0))
	require.NoError(c.t, c.app.Multisig.SetVaultStatus(ctx, id, multisigtypes.VAULT_STATUS_ACTIVE))
	vault, err := c.app.Multisig.Vault(ctx, id)
	require.NoError(c.t, err)
	session, err := c.app.Multisig.OpenSession(ctx, multisigtypes.NewSession{
		Vault: id, Purpose: multisigtypes.PURPOSE_PAYOUT, Denom: "ucosm", GasLimit: 100_000, TimeoutHeight: 500, Obliged: true,
		Outputs: []multisigtypes.Output{{Address: vault.Address, Amount: math.NewInt(5)}}, Fee: sdk.NewInt64Coin("ucosm", 1),
	})
	require.NoError(c.t, err)
	keys := map[string]*secp256k1.PrivKey{}
	for i := range c.operators {
		keys[operator(c.operators[i])] = secp256k1.GenPrivKeyFromSecret([]byte{'k', byte(i)})
	}
	return vault, session, keys
}

func payloadOf(c *chain, ctx sdk.Context, session uint64) cosmos.Payload {
	answer, err := multisigkeeper.NewQueryServer(*c.app.Multisig).Session(ctx, &multisigtypes.QuerySessionRequest{Id: session})
	require.NoError(c.t, err)
	return answer.Payload.CosmosPayload().Plain()
}

func TestTheAppHasARogueSignerPunished(t *testing.T) {
	c := serving(t)
	committee := c.committee()
	ctx, vault, session, keys := opened(c)
	out := committee.Members[0].Operator
	payload := payloadOf(c, ctx, session.Id)
	payload.Memo = "stafi/99"
	document, err := cosmos.SignBytes(payload)
	require.NoError(t, err)
	signature, err := keys[out].Sign(document)
	require.NoError(t, err)
	_, err = c.app.Multisig.ReportRogueSignature(ctx, vault.Id, out, document, signature, account(c.stakers[0]).String())
	require.NoError(t, err)

	raw, err := sdk.ValAddressFromBech32(out)
	require.NoError(t, err)
	validator, err := c.app.Staking.GetValidator(ctx, raw)
	require.NoError(t, err)
	require.Equal(t, int64(selfBond/10*9), validator.Tokens.Int64())
	genesis, err := c.app.SSV.ExportGenesis(ctx)
	require.NoError(t, err)
	require.Len(t, genesis.Emergency.Evils, 1)
	require.Equal(t, ssvtypes.DEED_ROGUE_SIGNATURE, genesis.Emergency.Evils[0].Deed)
	require.Equal(t, []ssvtypes.Eviction{{
		Contract: firstContract, Operator: out, Evil: true, Reason: "evil: a rogue signature in vault 1",
	}}, genesis.Emergency.Evictions)
}

func TestTheAppHasASilentMemberOfAnEndangeredVaultReplaced(t *testing.T) {
	c := serving(t)
	committee := c.committee()
	ctx, _, session, keys := opened(c)
	out := committee.Members[0].Operator
	document, err := cosmos.SignBytes(payloadOf(c, ctx, session.Id))
	require.NoError(t, err)
	for _, member := range committee.Members[1:] {
		signature, err := keys[member.Operator].Sign(document)
		require.NoError(t, err)
		_, _, err = c.app.Multisig.SubmitSignatures(ctx, session.Id, member.Operator, [][]byte{signature})
		require.NoError(t, err)
		require.NoError(t, c.app.SSV.TouchDuty(ctx, member.Operator))
	}
	for _, standby := range committee.Standbys {
		require.NoError(t, c.app.SSV.TouchDuty(ctx, standby.Operator))
	}
	raw, err := sdk.ValAddressFromBech32(out)
	require.NoError(t, err)
	require.NoError(t, c.app.SSV.Liveness.Remove(ctx, raw))
	ctx = ctx.WithBlockHeight(session.Expires)
	require.NoError(t, c.app.Multisig.EndBlock(ctx))
	_, err = c.app.SSV.EndBlock(ctx)
	require.NoError(t, err)
	after, found, err := c.app.SSV.PresentCommittee(ctx, firstContract)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, committee.Standbys[0], after.Members[0])
	state, err := c.app.StakingContract.State(ctx, firstContract)
	require.NoError(t, err)
	require.Equal(t, uint64(2), state.PendingVault, "a handover is open")
}

func TestTheAppRequiresNoSignatureInAnAttemptThatAnotherOnesProofOvertook(t *testing.T) {
	c := serving(t)
	committee := c.committee()
	ctx, vault, first, keys := opened(c)
	early := committee.Members[0].Operator
	sign := func(session uint64, operators ...string) {
		document, err := cosmos.SignBytes(payloadOf(c, ctx, session))
		require.NoError(t, err)
		for _, operator := range operators {
			signature, err := keys[operator].Sign(document)
			require.NoError(t, err)
			_, _, err = c.app.Multisig.SubmitSignatures(ctx, session, operator, [][]byte{signature})
			require.NoError(t, err)
		}
	}
	var all []string
	for _, member := range committee.Members {
		all = append(all, member.Operator)
	}
	// All but N − 1 hold back until attempt 1 has expired; then it is executed all the same, before N have signed attempt 2.
	sign(first.Id, all[:first.Threshold-1]...)
	ctx = ctx.WithBlockHeight(first.Expires)
	require.NoError(t, c.app.Multisig.EndBlock(ctx))
	second, err := c.app.Multisig.RetrySession(ctx, vault.Id, multisigtypes.Retry{TimeoutHeight: first.TimeoutHeight})
	require.NoError(t, err)
	sign(second.Id, early)
	_, err = c.app.Multisig.Prove(ctx, first.Id)
	require.NoError(t, err)
	ctx = ctx.WithBlockHeight(second.Expires)
	require.NoError(t, c.app.Multisig.EndBlock(ctx))

	duties := func(operator string) ssvtypes.DutyAccount {
		answer, err := ssvkeeper.NewQueryServer(c.app.SSV).Duties(ctx, &ssvtypes.QueryDutiesRequest{Operator: operator})
		require.NoError(t, err)
		require.Len(t, answer.Accounts, 1)
		return answer.Accounts[0]
	}
	mine := duties(early)
	require.Equal(t, []uint64{1, 1, 1}, []uint64{mine.Required, mine.Signed, mine.Credited})
	last := duties(all[len(all)-1])
	require.Equal(t, []uint64{1, 0, 0}, []uint64{last.Required, last.Signed, last.Credited}, "attempt 1 was its duty")
}
