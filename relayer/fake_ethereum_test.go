package relayer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const ethereumChain = "eip155-1"

// safeWorld is this chain, faked, with a contract on go-ethereum's EVM and the audited Safe, and its members' relayers.
type safeWorld struct {
	*world
	chain  *evmtest.Chain
	final  *evmtest.Chain
	height int64
	nonces map[common.Address]uint64
	proven map[common.Address]uint64
	// received are the transactions that arrived, executed their receipts; withheld ones are not executed.
	received []*types.Transaction
	executed []evmtest.Receipt
	withheld bool
	relayers []*safeRelayer
}

type safeRelayer struct {
	*memberOf
	relayer *Relayer
	evm     *evm
	funder  common.Address
}

func newSafeWorld(t *testing.T, members int) *safeWorld {
	t.Helper()
	w := &safeWorld{
		world: &world{t: t, stafi: newFakeStafi(), origin: newFakeOrigin(), threshold: uint32(members)/2 + 1}, chain: evmtest.New(t), height: 100,
		nonces: map[common.Address]uint64{}, proven: map[common.Address]uint64{},
	}
	w.chain.DeploySafeContracts()
	w.finalize()
	w.stafi.contract = contracttypes.Contract{
		Id: 1, ChainId: ethereumChain, Kind: multisigtypes.CHAIN_KIND_ETHEREUM, Denom: "wei", RtokenDenom: "rwei",
		Ethereum: &contracttypes.EthereumChain{GasPrice: math.NewInt(10_000_000_000), MaxObservationLag: 64, TrustingPeriod: time.Hour},
	}
	w.stafi.state = contracttypes.ContractState{
		Contract: 1, ObservedHeight: 100, ObservedAt: w.stafi.height, LeastEvent: math.NewInt(leastEvent),
	}
	for i := range members {
		w.addSafeMember(i)
	}
	return w
}

func (w *safeWorld) addSafeMember(i int) {
	ring := keyring.NewInMemory(stafi.NewCodec())
	for _, name := range []string{"submitter", "signer", "funder"} {
		_, _, err := ring.NewMnemonic(name, keyring.English, sdk.FullFundraiserPath, "", hd.Secp256k1)
		require.NoError(w.t, err)
	}
	cfg := DefaultConfig()
	cfg.ChainID = stafiChain
	chain := goodEthereum()
	chain.FunderKey = "funder"
	cfg.Chains = []ChainConfig{chain}
	require.NoError(w.t, cfg.Validate())
	keys, err := NewKeys(ring, cfg)
	require.NoError(w.t, err)
	m := &memberOf{w: w.world, operator: fmt.Sprintf("stafivaloper%02d", i), cfg: cfg, keys: keys, disk: newMortalDisk(), home: w.t.TempDir()}
	w.members = append(w.members, m)
	submitter := keys.Submitter.Address().String()
	w.stafi.operators[submitter] = m.operator
	w.stafi.candidates[m.operator] = ssvtypes.CandidateInfo{
		Candidate: ssvtypes.Candidate{Operator: m.operator, Submitter: submitter},
		Heartbeat: &ssvtypes.Heartbeat{Operator: m.operator, Height: w.stafi.height},
	}
	r := &safeRelayer{memberOf: m}
	r.funder, err = keys.Funders[ethereumChain].Ethereum()
	require.NoError(w.t, err)
	w.chain.Fund(r.funder, evmtest.Ether(5))
	w.relayers = append(w.relayers, r)
	w.begin(r)
}

// begin is a new process on the member's disk.
func (w *safeWorld) begin(r *safeRelayer) {
	alive := func() bool { return true }
	node := w.stafi.node(w.t, fakeRPC{f: w.stafi, alive: alive})
	memory, err := journal.New(r.disk.revive(), journal.Owner{ChainID: stafiChain, Submitter: r.keys.Submitter.Address().String()})
	require.NoError(w.t, err)
	client := fakeSafeClient{fakeClient: fakeClient{f: w.origin, alive: alive}, w: w}
	r.relayer, err = New(Parts{
		Config: r.cfg, Keys: r.keys, Node: node, Journal: memory, Beacon: OpenBeaconKeys(r.home, r.cfg), Log: log.NewNopLogger(),
		OpenClient: func(ChainConfig, string, stafi.Contract, log.Logger) (lightclient.Client, error) { return client, nil },
	})
	require.NoError(w.t, err)
	r.relayer.clients[ethereumChain] = client
	o := newOrigin(origin{
		cfg: r.cfg.Chains[0], client: client, keys: r.keys, node: node, outbox: r.relayer.outbox, journal: memory, board: r.relayer.board,
		log: log.NewNopLogger(), reread: r.relayer.reader.Contract,
	})
	r.evm, err = newEVM(o, func(ChainConfig) ([]ethereumtx.Node, error) { return []ethereumtx.Node{fakeSafeNode{w: w}}, nil })
	require.NoError(w.t, err)
}

// rounds lets this chain make blocks, with every relayer signing and sending after each.
func (w *safeWorld) rounds(count int) {
	w.t.Helper()
	for range count {
		w.stafi.nextBlock()
		for _, r := range w.relayers {
			w.round(r)
		}
	}
}

func (w *safeWorld) round(r *safeRelayer) {
	w.t.Helper()
	ctx := w.t.Context()
	now, err := r.relayer.Node.Now(ctx)
	require.NoError(w.t, err)
	_, err = r.relayer.outbox.Advance(ctx, now)
	require.NoError(w.t, err)
	view, err := r.relayer.reader.Read(ctx, now)
	require.NoError(w.t, err)
	r.relayer.sign.round(ctx, view)
	r.evm.start(view)
	r.evm.serve(stafi.At(ctx, now.Height), view, view.Contracts[0], []duty{{"broadcast", r.evm.broadcast}, {"create-account", r.evm.deploy}})
	r.evm.finish(ctx)
}

func (w *safeWorld) finalize() {
	w.final = w.chain.Fork()
	w.height += 32
	for account, nonce := range w.nonces {
		w.proven[account] = nonce
	}
}

// safeVault is a vault of all members, first or next; another threshold makes it another committee.
func (w *safeWorld) safeVault(id, succeeds uint64, status multisigtypes.VaultStatus, threshold uint32) multisigtypes.Vault {
	var keys [][]byte
	for _, m := range w.members {
		keys = append(keys, m.keys.Signers[ethereumChain][0].PubKey.Key)
	}
	sorted, err := vaultethereum.SortKeys(keys)
	require.NoError(w.t, err)
	addresses, err := vaultethereum.KeyAddresses(sorted)
	require.NoError(w.t, err)
	safe, err := vaultethereum.Genesis{Owners: addresses, Threshold: w.threshold, Salt: 1}.Address(vaultethereum.Canonical())
	require.NoError(w.t, err)
	vault := multisigtypes.Vault{
		Id: id, Contract: 1, Generation: id, Kind: multisigtypes.CHAIN_KIND_ETHEREUM, ChainId: ethereumChain, Address: safe.Hex(), Succeeds: succeeds,
		Size_: uint32(len(keys)), Threshold: threshold, Status: status, CreatedHeight: w.stafi.height, AccountKnown: succeeds != 0,
	}
	for i, key := range sorted {
		at := 0
		for j := range keys {
			if bytes.Equal(keys[j], key) {
				at = j
			}
		}
		w.stafi.signers[id] = append(w.stafi.signers[id], multisigtypes.Signer{Operator: w.members[at].operator, Key: key, Index: uint32(i), Place: uint32(i)})
	}
	w.stafi.vaults[id] = vault
	w.stafi.ledgers[id] = contracttypes.Ledger{Vault: id, Contract: 1, Balance: math.ZeroInt()}
	return vault
}

// activate makes vault 1 ACTIVE with a Safe that holds ten ether.
func (w *safeWorld) activate() common.Address {
	vault := w.stafi.vaults[1]
	vault.Status, vault.AccountKnown = multisigtypes.VAULT_STATUS_ACTIVE, true
	w.stafi.vaults[1] = vault
	w.stafi.state.ActiveVault, w.stafi.state.PendingVault = 1, 0
	safe := common.HexToAddress(vault.Address)
	w.chain.Fund(safe, evmtest.Ether(10))
	return safe
}

// open opens a session of vault 1: a payout of half an ether to a new recipient, or the handover to a vault.
func (w *safeWorld) open(id, next uint64, change func(*contracttypes.Batch, *multisigtypes.EthereumPayload)) common.Address {
	vault := w.stafi.vaults[1]
	recipient := common.BytesToAddress(crypto.Keccak256(fmt.Append(nil, "recipient", id)))
	amount, fee := math.NewIntFromBigInt(new(big.Int).Quo(evmtest.Ether(1), big.NewInt(2))), math.NewInt(3_000_000_000_000_000)
	owners := func(vault uint64) (texts []string) {
		for _, signer := range w.stafi.signers[vault] {
			address, err := vaultethereum.KeyAddress(signer.Key)
			require.NoError(w.t, err)
			texts = append(texts, address.Hex())
		}
		return texts
	}
	payload := &multisigtypes.EthereumPayload{
		ChainId: ethereumChain, Safe: vault.Address, MultiSend: vaultethereum.Canonical().MultiSend.Hex(), Nonce: vault.Sequence, Owners: owners(1),
		Threshold: vault.Threshold, Denom: "wei", Fee: sdk.NewCoin("wei", fee),
	}
	batch := contracttypes.Batch{Root: id, Contract: 1, Vault: 1, Purpose: multisigtypes.PURPOSE_PAYOUT, Total: amount, Fee: fee}
	if next == 0 {
		w.stafi.redeemed[id] = contracttypes.Redemption{
			Id: id, Contract: 1, Recipient: recipient.Hex(), Amount: amount.AddRaw(10), Fee: math.NewInt(10), Paid: math.ZeroInt(), InFlight: amount, FeesBurned: math.ZeroInt(),
		}
		batch.Items = []contracttypes.PayoutItem{{Redemption: id, Amount: amount}}
		payload.Outputs, payload.Gas = []multisigtypes.Output{{Address: recipient.Hex(), Amount: amount}}, vaultethereum.PayoutGas(1)
	} else {
		batch.Purpose, batch.Destination, batch.Total = multisigtypes.PURPOSE_HANDOVER, next, math.ZeroInt()
		payload.Next, payload.NextOwners, payload.NextThreshold = next, owners(next), w.stafi.vaults[next].Threshold
		payload.Gas = vaultethereum.HandoverGas(len(w.members) + 1)
	}
	if change != nil {
		change(&batch, payload)
	}
	plain, err := payload.Plain()
	require.NoError(w.t, err)
	digest, err := vaultethereum.Digest(plain)
	require.NoError(w.t, err)
	w.stafi.batches[id] = batch
	w.stafi.sessions[id] = &fakeSession{
		signed: map[string][]byte{}, payload: multisigtypes.Payload{Kind: &multisigtypes.Payload_Ethereum{Ethereum: payload}},
		tally: multisigtypes.Tally{Status: multisigtypes.SESSION_STATUS_OPEN},
		session: multisigtypes.Session{
			Id: id, Vault: 1, Contract: 1, Purpose: batch.Purpose, Attempt: 1, Root: id, Sequence: vault.Sequence, TimeoutHeight: ^uint64(0),
			Opened: w.stafi.height, Expires: w.stafi.height + 100, Size_: vault.Size_, Threshold: vault.Threshold, Digests: [][]byte{digest.Bytes()},
			Obliged: true, Kind: multisigtypes.CHAIN_KIND_ETHEREUM,
		},
	}
	return recipient
}

// priceAnew opens the next attempt at a session, which takes no more signatures, at so many times its fee.
func (w *safeWorld) priceAnew(before, id uint64, times int64) *fakeSession {
	w.t.Helper()
	first, next := w.stafi.sessions[before], *w.stafi.sessions[before]
	payload := *first.payload.EthereumPayload()
	payload.Fee.Amount = payload.Fee.Amount.MulRaw(times)
	plain, err := payload.Plain()
	require.NoError(w.t, err)
	digest, err := vaultethereum.Digest(plain)
	require.NoError(w.t, err)
	next.signed, next.payload = map[string][]byte{}, multisigtypes.Payload{Kind: &multisigtypes.Payload_Ethereum{Ethereum: &payload}}
	next.tally = multisigtypes.Tally{Status: multisigtypes.SESSION_STATUS_OPEN}
	next.session.Id, next.session.Attempt, next.session.Digests = id, next.session.Attempt+1, [][]byte{digest.Bytes()}
	next.session.Opened, next.session.Expires = w.stafi.height, w.stafi.height+100
	w.stafi.sessions[id] = &next
	batch := w.stafi.batches[next.session.Root]
	batch.Fee = math.MaxInt(batch.Fee, payload.Fee.Amount)
	w.stafi.batches[next.session.Root] = batch
	first.tally.Status, first.session.Expires = multisigtypes.SESSION_STATUS_EXPIRED, w.stafi.height
	return &next
}

func signedSafeTx(found *fakeSession, signers []multisigtypes.Signer) (*multisigtypes.QuerySignedTransactionResponse, error) {
	plain, err := found.payload.EthereumPayload().Plain()
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	var signatures []vaultethereum.IndexedSignature
	for i, signer := range signers {
		keys = append(keys, signer.Key)
		if signature := found.signed[signer.Operator]; signature != nil && len(signatures) < int(found.session.Threshold) {
			signatures = append(signatures, vaultethereum.IndexedSignature{Index: uint32(i), Signature: signature})
		}
	}
	calldata, hash, err := vaultethereum.Assemble(plain, keys, signatures)
	return &multisigtypes.QuerySignedTransactionResponse{Transaction: calldata, Hash: hash.Hex()}, err
}

// fakeSafeClient is a light client that has proven the newest final state.
type fakeSafeClient struct {
	fakeClient
	w *safeWorld
}

func (c fakeSafeClient) ChainID() string { return ethereumChain }

func (c fakeSafeClient) Head() (lightclient.Header, error) {
	return lightclient.Header{ChainID: ethereumChain, Height: c.w.height, Time: time.Now()}, nil
}

func (c fakeSafeClient) AccountAt(_ context.Context, _ uint64, address common.Address, _ ...common.Hash) (*execution.Account, []common.Hash, error) {
	account := &execution.Account{Exists: true, Nonce: c.w.proven[address], Balance: uint256.MustFromBig(c.w.final.Balance(address)), CodeHash: types.EmptyCodeHash}
	if code := c.w.final.Code(address); len(code) > 0 {
		account.CodeHash = crypto.Keccak256Hash(code)
	}
	return account, nil, nil
}

func (c fakeSafeClient) VerifiedValue(_ context.Context, account string, slot []byte, _ int64) ([]byte, error) {
	return c.w.final.Storage(common.HexToAddress(account), common.BytesToHash(slot)).Bytes(), nil
}

// fakeSafeNode executes at once what it is sent, unless the world withholds it.
type fakeSafeNode struct{ w *safeWorld }

func (n fakeSafeNode) Name() string { return "node" }

func (n fakeSafeNode) Look(_ context.Context, account common.Address) (ethereumtx.Look, error) {
	return ethereumtx.Look{Nonce: n.w.nonces[account], BaseFee: big.NewInt(evmtest.BaseFee)}, nil
}

func (n fakeSafeNode) Simulate(_ context.Context, from, to common.Address, gas uint64, data []byte) (bool, string, error) {
	receipt := n.w.chain.Fork().Send(evmtest.Tx{From: from, To: &to, Data: data, Gas: gas})
	return receipt.Reverted, receipt.Reason, nil
}

func (n fakeSafeNode) Storage(_ context.Context, account common.Address, slot common.Hash) (common.Hash, error) {
	return n.w.chain.Storage(account, slot), nil
}

func (n fakeSafeNode) HasCode(_ context.Context, account common.Address) (bool, error) {
	return len(n.w.chain.Code(account)) > 0, nil
}

func (n fakeSafeNode) Send(_ context.Context, tx *types.Transaction) (ethereumtx.Verdict, error) {
	n.w.received = append(n.w.received, tx)
	from, err := types.Sender(types.LatestSignerForChainID(big.NewInt(evmtest.Number)), tx)
	if err != nil || n.w.withheld {
		return ethereumtx.Refused, errors.Join(err, errors.New("withheld"))
	}
	if tx.Nonce() != n.w.nonces[from] {
		return ethereumtx.Used, nil
	}
	n.w.nonces[from]++
	price := new(big.Int).Add(big.NewInt(evmtest.BaseFee), tx.GasTipCap())
	n.w.executed = append(n.w.executed, n.w.chain.Send(evmtest.Tx{From: from, To: tx.To(), Data: tx.Data(), Gas: tx.Gas(), Price: price}))
	return ethereumtx.Taken, nil
}
