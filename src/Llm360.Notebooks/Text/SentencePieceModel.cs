// Reads the fields of a SentencePiece tokenizer.model (protobuf) that encoding and decoding need.
using System.Text;
using Google.Protobuf;

namespace Llm360.Notebooks;

/// <summary>The type of a piece, with the numbers of the file.</summary>
internal enum PieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>One entry of the vocabulary.</summary>
internal readonly record struct VocabularyPiece(string Text, float Score, PieceType Type);

/// <summary>
/// A parsed model of the kind that LLaMA uses: BPE, byte fallback, no normalisation, a space put in
/// front.
/// </summary>
internal sealed record SentencePieceModel(VocabularyPiece[] Pieces, int UnknownId, int BosId, int EosId)
{
    private const string Remedy = "Use the tokenizer.model of a LLaMA-style repository; if this is one, download it again.";

    /// <summary>Parses the bytes of a model.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="where">Its name, for errors.</param>
    public static SentencePieceModel Parse(byte[] bytes, string where)
    {
        var pieces = new List<VocabularyPiece>();
        var (unknown, bos, eos) = (0, 1, 2);
        // The defaults of sentencepiece_model.proto apply to fields that are left out.
        var (modelType, byteFallback, spaceAtEnd) = (1, false, false);
        var (characterMap, spaceInFront, removeSpaces, escapeSpaces) = (0, true, true, true);
        try
        {
            Fields(new CodedInputStream(bytes), (field, input) =>
            {
                switch (field)
                {
                    case 1:
                        pieces.Add(ReadPiece(input.ReadBytes()));
                        return true;
                    case 2: // TrainerSpec
                        Fields(input.ReadBytes().CreateCodedInput(), (f, i) => f switch
                        {
                            3 => Set(out modelType, i.ReadInt32()),
                            24 => Set(out spaceAtEnd, i.ReadBool()),
                            35 => Set(out byteFallback, i.ReadBool()),
                            40 => Set(out unknown, i.ReadInt32()),
                            41 => Set(out bos, i.ReadInt32()),
                            42 => Set(out eos, i.ReadInt32()),
                            _ => false,
                        });
                        return true;
                    case 3: // NormalizerSpec
                        Fields(input.ReadBytes().CreateCodedInput(), (f, i) => f switch
                        {
                            2 => Set(out characterMap, i.ReadBytes().Length),
                            3 => Set(out spaceInFront, i.ReadBool()),
                            4 => Set(out removeSpaces, i.ReadBool()),
                            5 => Set(out escapeSpaces, i.ReadBool()),
                            _ => false,
                        });
                        return true;
                    default:
                        return false;
                }
            });
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or DecoderFallbackException)
        {
            throw new Llm360Exception(
                $"The SentencePiece model is cut short or corrupt (after {pieces.Count} pieces): {e.Message}", where, Remedy, e);
        }

        Require(pieces.Count > 0, "holds no vocabulary");
        Require(modelType == 2, $"is not a BPE model (model type {modelType})");
        Require(byteFallback && pieces.Count(p => p.Type == PieceType.Byte) == 256, "has no byte fallback with all 256 byte pieces");
        Require(
            characterMap == 0 && !removeSpaces,
            "changes the text before encoding (its normalisation is not \"identity\", or it removes spaces)");
        Require(spaceInFront && escapeSpaces && !spaceAtEnd, "does not mark spaces in front of words as LLaMA does");
        Require(
            pieces.All(p => p.Type is PieceType.Normal or PieceType.Unknown or PieceType.Control or PieceType.Byte),
            "has user-defined or unused pieces, which are not supported");
        Require(
            unknown >= 0 && unknown < pieces.Count && bos < pieces.Count && eos < pieces.Count,
            "names special tokens outside of its vocabulary");
        return new SentencePieceModel([.. pieces], unknown, bos, eos);

        void Require(bool holds, string what)
        {
            if (!holds)
                throw new Llm360Exception($"The SentencePiece model {what}.", where, Remedy);
        }
    }

    private static VocabularyPiece ReadPiece(ByteString message)
    {
        var (text, score, type) = ("", 0f, PieceType.Normal);
        Fields(message.CreateCodedInput(), (field, input) => field switch
        {
            1 => Set(out text, input.ReadString()),
            2 => Set(out score, input.ReadFloat()),
            3 => Set(out type, (PieceType)input.ReadEnum()),
            _ => false,
        });
        return new VocabularyPiece(text, score, type);
    }

    /// <summary>Calls <paramref name="read"/> for every field and skips those it rejects.</summary>
    private static void Fields(CodedInputStream input, Func<int, CodedInputStream, bool> read)
    {
        using (input)
        {
            for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
                if (!read(WireFormat.GetTagFieldNumber(tag), input))
                    input.SkipLastField();
        }
    }

    private static bool Set<T>(out T target, T value)
    {
        target = value;
        return true;
    }
}
