package relayer

import (
	"math/big"
	"strconv"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// deployed is a world whose relayers have deployed the contract's Safe and its deposit contract.
func deployed(t *testing.T, members int) (*safeWorld, common.Address) {
	w := newSafeWorld(t, members)
	w.safeVault(1, 0, multisigtypes.VAULT_STATUS_PENDING, w.threshold)
	w.stafi.state.PendingVault = 1
	w.rounds(4)
	safe := w.activate()
	w.finalize()
	return w, safe
}

func TestRelayersDeployTheSafeAndItsDepositContractOnce(t *testing.T) {
	for _, members := range []int{4, 21} {
		w, safe := deployed(t, members)
		require.NotEmpty(t, w.chain.Code(safe))
		require.NotEmpty(t, w.chain.Code(vaultethereum.DepositContract(safe)))
		w.rounds(30)
		require.Len(t, w.executed, 2)
		for i, receipt := range w.executed {
			require.False(t, receipt.Reverted, receipt.Reason)
			t.Logf("%d owners: %d gas of %d", members, receipt.Gas, w.received[i].Gas())
			require.Less(t, receipt.Gas, w.received[i].Gas()*9/10, "room to spare")
		}
	}
}

func TestAPayoutIsSignedAndExecutedOnceAndItsSenderIsRefundedByTheSafe(t *testing.T) {
	w, safe := deployed(t, 4)
	before := map[common.Address]*big.Int{}
	for _, r := range w.relayers {
		before[r.funder] = w.chain.Balance(r.funder)
	}
	sent := len(w.received)
	recipient := w.open(5, 0, nil)
	w.rounds(40)
	require.Equal(t, 4, count(w.stafi.executed, "signature 5"))
	require.Len(t, w.executed, 3)
	receipt, tx := w.executed[2], w.received[sent]
	require.Equal(t, new(big.Int).Quo(evmtest.Ether(1), big.NewInt(2)), w.chain.Balance(recipient))
	plain, err := w.stafi.sessions[5].payload.EthereumPayload().Plain()
	require.NoError(t, err)
	safeTx, err := plain.SafeTx()
	require.NoError(t, err)
	require.Equal(t, safeTx.GasLimit(), tx.Gas(), "never less than what makes sure that it is executed")
	refund := refundOf(t, receipt, safe)
	sender, err := types.Sender(types.LatestSignerForChainID(big.NewInt(1)), tx)
	require.NoError(t, err)
	paid := new(big.Int).Mul(new(big.Int).SetUint64(receipt.Gas), new(big.Int).Add(big.NewInt(evmtest.BaseFee), tx.GasTipCap()))
	after := new(big.Int).Add(new(big.Int).Sub(before[sender], paid), refund)
	require.Equal(t, after, w.chain.Balance(sender), "to the wei")
	require.Positive(t, refund.Sign())
	require.LessOrEqual(t, refund.Cmp(plain.Fee), 0)
	for account, balance := range before {
		if account != sender {
			require.Equal(t, balance, w.chain.Balance(account), "the others pay nothing")
		}
	}
}

func refundOf(t *testing.T, receipt evmtest.Receipt, safe common.Address) *big.Int {
	t.Helper()
	for _, l := range receipt.Logs {
		if execution, err := vaultethereum.ParseExecution(l.Topics, l.Data); err == nil && l.Address == safe {
			require.True(t, execution.Success)
			return execution.Refund
		}
	}
	t.Fatal("the Safe logged no execution")
	return nil
}

func TestARelayerThatIsKilledBeforeItsTransactionArrivesSendsTheSameAfterItsRestart(t *testing.T) {
	w, _ := deployed(t, 4)
	w.withheld = true
	recipient := w.open(5, 0, nil)
	w.rounds(5)
	require.Zero(t, w.chain.Balance(recipient).Sign())
	first := w.received[len(w.received)-1]
	for _, r := range w.relayers {
		w.begin(r)
	}
	w.withheld = false
	w.rounds(3)
	require.Equal(t, 1, w.chain.Balance(recipient).Sign())
	require.Equal(t, first.Hash(), w.received[len(w.received)-1].Hash())
	require.Len(t, w.executed, 3)
}

func TestTheTurnPassesOnWhereAMembersTransactionDoesNotArrive(t *testing.T) {
	w, _ := deployed(t, 4)
	all := w.relayers
	recipient := w.open(5, 0, nil)
	w.withheld = true
	w.rounds(4)
	sender, err := types.Sender(types.LatestSignerForChainID(big.NewInt(1)), w.received[len(w.received)-1])
	require.NoError(t, err)
	w.relayers = nil
	for _, r := range all {
		if r.funder != sender {
			w.relayers = append(w.relayers, r)
		}
	}
	w.withheld = false
	w.rounds(2 * evmPatience)
	require.Equal(t, 1, w.chain.Balance(recipient).Sign())
}

func TestAHandoverMayTakeTheNonceOfASignedPayoutAndNothingElseMay(t *testing.T) {
	w, safe := deployed(t, 4)
	w.withheld = true
	first := w.open(5, 0, nil)
	w.rounds(3)
	require.Equal(t, 4, count(w.stafi.executed, "signature 5"))
	w.stafi.sessions[5].tally.Status = multisigtypes.SESSION_STATUS_EXPIRED
	w.open(6, 0, nil)
	w.rounds(3)
	require.Zero(t, count(w.stafi.executed, "signature 6"), "another payout of that nonce")
	require.Contains(t, w.relayers[0].relayer.Board().Report().Alarms[0].Key, "payload-refused")
	delete(w.stafi.sessions, 6)
	w.safeVault(2, 1, multisigtypes.VAULT_STATUS_PENDING, w.threshold+1)
	w.safeVault(3, 1, multisigtypes.VAULT_STATUS_PENDING, w.threshold-1)
	w.open(7, 2, nil)
	w.rounds(3)
	require.Equal(t, 4, count(w.stafi.executed, "signature 7"))
	w.open(8, 3, nil)
	w.rounds(3)
	require.Zero(t, count(w.stafi.executed, "signature 8"), "another handover of that nonce")
	delete(w.stafi.sessions, 8)
	w.withheld = false
	w.rounds(3 * evmPatience)
	require.Equal(t, common.Hash{31: byte(w.threshold + 1)}, w.chain.Storage(safe, vaultethereum.Storage(vaultethereum.Canonical().Singleton,
		vaultethereum.Owners{List: make([]common.Address, 1)})[5].Key), "handed over")
	require.Zero(t, w.chain.Balance(first).Sign())
	for _, receipt := range w.executed {
		require.False(t, receipt.Reverted, "nobody paid for a transaction in vain: %s", receipt.Reason)
	}
}

// calldataOf is a session's complete transaction.
func (w *safeWorld) calldataOf(session uint64) []byte {
	w.t.Helper()
	signed, err := signedSafeTx(w.stafi.sessions[session], w.stafi.signers[1])
	require.NoError(w.t, err)
	return signed.Transaction
}

func (w *safeWorld) requirePaidBy(session uint64, recipient, safe common.Address) {
	w.t.Helper()
	require.Equal(w.t, new(big.Int).Quo(evmtest.Ether(1), big.NewInt(2)), w.chain.Balance(recipient), "once")
	require.Len(w.t, w.executed, 3)
	for _, receipt := range w.executed {
		require.False(w.t, receipt.Reverted, "nobody paid for a transaction in vain: %s", receipt.Reason)
	}
	require.Equal(w.t, w.calldataOf(session), w.received[len(w.received)-1].Data())
	refund := refundOf(w.t, w.executed[2], safe)
	require.LessOrEqual(w.t, refund.Cmp(w.stafi.sessions[session].payload.EthereumPayload().Fee.Amount.BigInt()), 0)
}

func TestOfTwoSignedAttemptsTheDearerIsSentInThePlaceOfWhatWasSentBefore(t *testing.T) {
	w, safe := deployed(t, 4)
	w.withheld = true
	recipient := w.open(5, 0, nil)
	w.rounds(5)
	require.Equal(t, 4, count(w.stafi.executed, "signature 5"))
	before := w.received[len(w.received)-1]
	require.Equal(t, w.calldataOf(5), before.Data())
	w.priceAnew(5, 6, 5)
	w.rounds(3)
	require.Equal(t, 4, count(w.stafi.executed, "signature 6"), "the same effect at another fee")
	w.withheld = false
	w.rounds(40)
	w.requirePaidBy(6, recipient, safe)
	after := w.received[len(w.received)-1]
	signer := types.LatestSignerForChainID(big.NewInt(1))
	first, err := types.Sender(signer, before)
	require.NoError(t, err)
	second, err := types.Sender(signer, after)
	require.NoError(t, err)
	require.Equal(t, first, second, "whoever began goes on")
	require.Equal(t, before.Nonce(), after.Nonce(), "only one of the two could be executed")
}

func TestWhileADearerAttemptIsNotSignedTheOneBeforeIsSent(t *testing.T) {
	w, safe := deployed(t, 4)
	w.withheld = true
	recipient := w.open(5, 0, nil)
	w.rounds(3)
	next := w.priceAnew(5, 6, 5)
	next.session.Expires = w.stafi.height
	for _, r := range w.relayers {
		r.disk, r.home = newMortalDisk(), t.TempDir()
		w.begin(r)
	}
	w.withheld = false
	w.rounds(40)
	require.Zero(t, count(w.stafi.executed, "signature 6"))
	w.requirePaidBy(5, recipient, safe)
}

func TestAnAttemptThatOffersLessThanTheDearestIsSigned(t *testing.T) {
	w, safe := deployed(t, 4)
	recipient := w.open(5, 0, nil)
	batch := w.stafi.batches[5]
	batch.Fee = batch.Fee.MulRaw(20)
	w.stafi.batches[5] = batch
	w.rounds(40)
	w.requirePaidBy(5, recipient, safe)
}

func TestAFeeThatWasRightWhenItsAttemptWasOpenedIsSignedAfterGovernanceCutIt(t *testing.T) {
	for name, then := range map[string]int64{"it was right": 10_000_000_000, "it never was": 2} {
		t.Run(name, func(t *testing.T) {
			w, _ := deployed(t, 4)
			recipient := w.open(5, 0, nil)
			figures := func(price int64) contracttypes.Contract {
				contract := w.stafi.contract
				contract.Ethereum = &contracttypes.EthereumChain{GasPrice: math.NewInt(price), MaxObservationLag: 64}
				return contract
			}
			opened := figures(then)
			w.stafi.formerly = map[string]*contracttypes.Contract{strconv.FormatInt(w.stafi.sessions[5].session.Opened, 10): &opened}
			w.stafi.contract = figures(1)
			w.rounds(40)
			require.Equal(t, then > 2, w.chain.Balance(recipient).Sign() > 0)
			if then == 2 {
				require.Contains(t, w.relayers[0].relayer.Board().Report().Alarms[0].Text, ErrPayloadFee.Error())
			}
		})
	}
}

func TestAPayloadOfASafeThatTheStateDoesNotCallForIsRefusedByName(t *testing.T) {
	for name, c := range map[string]struct {
		next   uint64
		change func(*safeWorld, *contracttypes.Batch, *multisigtypes.EthereumPayload)
		want   error
	}{
		"another recipient": {0, func(_ *safeWorld, _ *contracttypes.Batch, p *multisigtypes.EthereumPayload) {
			p.Outputs[0].Address = common.HexToAddress("0x1234").Hex()
		}, ErrPayloadDigest},
		"another amount": {0, func(_ *safeWorld, _ *contracttypes.Batch, p *multisigtypes.EthereumPayload) {
			p.Outputs[0].Amount = p.Outputs[0].Amount.AddRaw(1)
		}, ErrPayloadDigest},
		"more than is owed": {0, func(_ *safeWorld, b *contracttypes.Batch, p *multisigtypes.EthereumPayload) {
			b.Items[0].Amount = b.Items[0].Amount.AddRaw(1)
			b.Total, p.Outputs[0].Amount = b.Items[0].Amount, b.Items[0].Amount
		}, ErrPayloadOutputs},
		"a recipient without its checksum": {0, func(w *safeWorld, _ *contracttypes.Batch, _ *multisigtypes.EthereumPayload) {
			redemption := w.stafi.redeemed[5]
			redemption.Recipient = "0x" + "abcdef0000000000000000000000000000000001"
			w.stafi.redeemed[5] = redemption
		}, ErrPayloadOutputs},
		"the Safe as recipient": {0, func(w *safeWorld, _ *contracttypes.Batch, _ *multisigtypes.EthereumPayload) {
			redemption := w.stafi.redeemed[5]
			redemption.Recipient = w.stafi.vaults[1].Address
			w.stafi.redeemed[5] = redemption
		}, ErrPayloadOutputs},
		"a fee above the batch's": {0, func(_ *safeWorld, _ *contracttypes.Batch, p *multisigtypes.EthereumPayload) {
			p.Fee.Amount = p.Fee.Amount.AddRaw(1)
		}, ErrPayloadFee},
		"a fee out of all proportion": {0, func(_ *safeWorld, b *contracttypes.Batch, p *multisigtypes.EthereumPayload) {
			b.Fee = math.NewIntFromBigInt(evmtest.Ether(1))
			p.Fee.Amount = b.Fee
		}, ErrPayloadFee},
		"another nonce": {0, func(_ *safeWorld, _ *contracttypes.Batch, p *multisigtypes.EthereumPayload) { p.Nonce++ }, ErrPayloadDigest},
		"a sweep": {0, func(_ *safeWorld, b *contracttypes.Batch, _ *multisigtypes.EthereumPayload) {
			b.Purpose, b.Destination = multisigtypes.PURPOSE_SWEEP, 3
		}, ErrPayloadOutputs},
		"a handover to owners of nobody's": {3, func(_ *safeWorld, _ *contracttypes.Batch, p *multisigtypes.EthereumPayload) {
			p.NextOwners[0] = common.HexToAddress("0x1234").Hex()
		}, ErrPayloadDigest},
		"a handover to a lower threshold": {3, func(_ *safeWorld, _ *contracttypes.Batch, p *multisigtypes.EthereumPayload) {
			p.NextThreshold = 1
		}, ErrPayloadDigest},
		"a handover to a vault that succeeds another": {3, func(w *safeWorld, _ *contracttypes.Batch, _ *multisigtypes.EthereumPayload) {
			vault := w.stafi.vaults[3]
			vault.Succeeds = 2
			w.stafi.vaults[3] = vault
		}, ErrPayloadOutputs},
		"a vault whose Safe is not that of its first keys": {0, func(w *safeWorld, _ *contracttypes.Batch, _ *multisigtypes.EthereumPayload) {
			vault := w.stafi.vaults[1]
			vault.Threshold--
			w.stafi.vaults[1] = vault
		}, ErrPayloadVault},
		"owners twice at one place": {3, func(w *safeWorld, _ *contracttypes.Batch, _ *multisigtypes.EthereumPayload) {
			w.stafi.signers[3][0].Place = 1
		}, ErrPayloadVault},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSafeWorld(t, 3)
			w.safeVault(1, 0, multisigtypes.VAULT_STATUS_PENDING, w.threshold)
			w.safeVault(2, 1, multisigtypes.VAULT_STATUS_CLOSED, w.threshold)
			w.safeVault(3, 1, multisigtypes.VAULT_STATUS_PENDING, w.threshold+1)
			w.activate()
			w.open(5, c.next, func(b *contracttypes.Batch, p *multisigtypes.EthereumPayload) { c.change(w, b, p) })
			w.stafi.sessions[5].session.Purpose = w.stafi.batches[5].Purpose
			w.rounds(2)
			require.Zero(t, count(w.stafi.executed, "signature"))
			r := w.relayers[0]
			found := ""
			for _, duty := range r.relayer.Board().Report().Duties {
				if duty.Name == "sign" {
					found = duty.LastError
				}
			}
			require.Contains(t, found, c.want.Error())
			r.process = &process{relayer: r.relayer}
			require.Contains(t, w.alarms(r.memberOf), "payload-refused")
		})
	}
}

func TestASignerCanNotBeTheFunderUnderAnotherName(t *testing.T) {
	w := newSafeWorld(t, 1)
	keys := w.members[0].keys
	signer := keys.Signers[ethereumChain][0]
	signer.Name = "funder"
	keys.Funders = map[string]Key{ethereumChain: signer}
	require.ErrorIs(t, keys.checkEthereum(ethereumChain), ErrKey)
}
