package beacon

import "encoding/hex"

// Root is a 32-byte SHA-256 hash-tree root or a 32-byte block hash.
type Root [32]byte

// Address is a 20-byte account of the execution layer.
type Address [20]byte

// Bloom is the 256-byte filter over a block's logs.
type Bloom [256]byte

// Pubkey is a 48-byte compressed point of BLS12-381's G1.
type Pubkey [48]byte

// Signature is a 96-byte compressed point of BLS12-381's G2.
type Signature [96]byte

// Uint256 is a 256-bit number as SSZ has it: 32 bytes, little-endian.
type Uint256 [32]byte

// Bits is a bit vector, the lowest bit of the first byte first.
type Bits []byte

// String is 0x and lower-case hex.
func (r Root) String() string { return "0x" + hex.EncodeToString(r[:]) }

const (
	// MaxSyncCommitteeSize bounds every preset.
	MaxSyncCommitteeSize = 2048
	// maxExtraData is MAX_EXTRA_DATA_BYTES of the consensus specs.
	maxExtraData = 32
)

// BlockHeader is a beacon block without its body; its hash-tree root is the
// block's root.
type BlockHeader struct {
	Slot          uint64 `json:"slot,string"`
	ProposerIndex uint64 `json:"proposer_index,string"`
	ParentRoot    Root   `json:"parent_root"`
	StateRoot     Root   `json:"state_root"`
	BodyRoot      Root   `json:"body_root"`
}

// PayloadHeader is the execution payload's header inside a beacon block. Only
// its BlockHash may be used after its branch is checked; the rest is here to be
// hashed. The last two fields are 0 before Deneb.
type PayloadHeader struct {
	ParentHash       Root      `json:"parent_hash"`
	FeeRecipient     Address   `json:"fee_recipient"`
	StateRoot        Root      `json:"state_root"`
	ReceiptsRoot     Root      `json:"receipts_root"`
	LogsBloom        Bloom     `json:"logs_bloom"`
	PrevRandao       Root      `json:"prev_randao"`
	BlockNumber      uint64    `json:"block_number,string"`
	GasLimit         uint64    `json:"gas_limit,string"`
	GasUsed          uint64    `json:"gas_used,string"`
	Timestamp        uint64    `json:"timestamp,string"`
	ExtraData        extraData `json:"extra_data"`
	BaseFeePerGas    Uint256   `json:"base_fee_per_gas"`
	BlockHash        Root      `json:"block_hash"`
	TransactionsRoot Root      `json:"transactions_root"`
	WithdrawalsRoot  Root      `json:"withdrawals_root"`
	BlobGasUsed      uint64    `json:"blob_gas_used,string"`
	ExcessBlobGas    uint64    `json:"excess_blob_gas,string"`
}

// Header is the specs' LightClientHeader: a beacon block header, the payload
// header of its body, and the branch between them.
type Header struct {
	Beacon          BlockHeader   `json:"beacon"`
	Execution       PayloadHeader `json:"execution"`
	ExecutionBranch []Root        `json:"execution_branch"`
}

// SyncCommittee is the keys that sign for a period, in order, and their sum.
// Both are as foreign bytes until a branch proves them; do not change a
// committee in use, or copy it: it remembers its decoded keys.
type SyncCommittee struct {
	Pubkeys   []Pubkey `json:"pubkeys"`
	Aggregate Pubkey   `json:"aggregate_pubkey"`

	keys keyring
}

// SyncAggregate is who signed, and their aggregate signature.
type SyncAggregate struct {
	Bits      Bits      `json:"sync_committee_bits"`
	Signature Signature `json:"sync_committee_signature"`
}

// Bootstrap roots a light client in a trusted block.
type Bootstrap struct {
	Header    Header         `json:"header"`
	Committee *SyncCommittee `json:"current_sync_committee"`
	Branch    []Root         `json:"current_sync_committee_branch"`
}

// Update is the specs' LightClientUpdate, and, without a NextCommittee, its
// LightClientFinalityUpdate. NextCommittee and Finalized are nil when absent. A
// Finalized header of slot 0 stands for genesis and is all zero.
type Update struct {
	Attested        Header         `json:"attested_header"`
	NextCommittee   *SyncCommittee `json:"next_sync_committee"`
	CommitteeBranch []Root         `json:"next_sync_committee_branch"`
	Finalized       *Header        `json:"finalized_header"`
	FinalityBranch  []Root         `json:"finality_branch"`
	Aggregate       SyncAggregate  `json:"sync_aggregate"`
	SignatureSlot   uint64         `json:"signature_slot,string"`
}
