// A stack machine for checkpoints' pickles: plain values, allowed names only, nothing executed.
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Reads one pickle (protocols 2 to 5, Python's pickletools).</summary>
internal ref struct PickleReader
{
    /// <summary>
    /// Values one pickle may build, walk over or keep. It is many times what the largest checkpoint
    /// needs, and bounds memory and time for a file made to exhaust them.
    /// </summary>
    private const int LargestCount = 2_000_000;

    /// <summary>Characters of a text that cost as much as one value.</summary>
    private const int CharactersAValue = 64;

    /// <summary>Longest pickle in bytes.</summary>
    public const int LargestLength = 100_000_000;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private static readonly object True = true, False = false;
    private readonly ReadOnlySpan<byte> bytes;
    private readonly string file;
    private readonly long fileOffset;
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = new();
    private readonly Dictionary<uint, object?> memo = [];
    private readonly List<Storage> storages = [];
    private int position, operation;
    private long built;

    /// <summary>Prepares to read.</summary>
    /// <param name="bytes">Bytes from the pickle's start; they may extend beyond its end.</param>
    /// <param name="file">The file, for errors.</param>
    /// <param name="fileOffset">
    /// Position in the file at which <paramref name="bytes"/> begins, for errors.
    /// </param>
    public PickleReader(ReadOnlySpan<byte> bytes, string file, long fileOffset)
    {
        this.bytes = bytes;
        this.file = file;
        this.fileOffset = fileOffset;
    }

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => position;

    /// <summary>
    /// The storages named so far, in order; a storage that is named twice appears twice.
    /// </summary>
    public readonly IReadOnlyList<Storage> Storages => storages;

    /// <summary>Runs the pickle to its STOP.</summary>
    /// <returns>
    /// The object: null, bool, long, BigInteger, double, string, byte[], list,
    /// <see cref="PythonTuple"/>, <see cref="PythonDictionary"/>, <see cref="PickledTensor"/>, ...
    /// </returns>
    /// <exception cref="WeightsException">
    /// The pickle names something that is not allowed, is broken, or uses unsupported features.
    /// </exception>
    public object? Read()
    {
        while (true)
        {
            operation = position;
            var code = (PickleCode)Byte();
            switch (code)
            {
                case PickleCode.Proto:
                    if (Byte() is var version and > 5)
                        throw Unsupported($"pickle protocol {version}");
                    break;
                case PickleCode.Frame: Take(8); break;
                case PickleCode.Stop: return Pop();
                case PickleCode.Mark:
                    Charge(1);
                    marks.Push(stack.Count);
                    break;
                case PickleCode.Pop:
                    if (marks.TryPeek(out var top) && top == stack.Count)
                        marks.Pop();
                    else
                        Pop();
                    break;
                case PickleCode.PopMark: PopToMark(); break;
                case PickleCode.Duplicate: Push(Peek()); break;

                case PickleCode.None: Push(null); break;
                case PickleCode.NewTrue: Push(True); break;
                case PickleCode.NewFalse: Push(False); break;
                case PickleCode.BinInt: Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
                case PickleCode.BinInt1: Push((long)Byte()); break;
                case PickleCode.BinInt2: Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
                case PickleCode.Long1: Push(Integer(Take(Byte()))); break;
                case PickleCode.Long4: Push(Integer(Take(BinaryPrimitives.ReadInt32LittleEndian(Take(4))))); break;
                case PickleCode.BinFloat: Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
                case PickleCode.ShortBinUnicode: Push(Text(Take(Byte()))); break;
                case PickleCode.BinUnicode: Push(Text(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))))); break;
                case PickleCode.BinUnicode8: Push(Text(Take(BinaryPrimitives.ReadUInt64LittleEndian(Take(8))))); break;
                // Python 2's str, which torch reads as ASCII text.
                case PickleCode.ShortBinString: Push(Text(Take(Byte()))); break;
                case PickleCode.BinString: Push(Text(Take(BinaryPrimitives.ReadInt32LittleEndian(Take(4))))); break;
                case PickleCode.ShortBinBytes: Push(Take(Byte()).ToArray()); break;
                case PickleCode.BinBytes: Push(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))).ToArray()); break;
                case PickleCode.BinBytes8: Push(Take(BinaryPrimitives.ReadUInt64LittleEndian(Take(8))).ToArray()); break;

                case PickleCode.EmptyTuple: Push(new PythonTuple([])); break;
                case PickleCode.Tuple1: PushTuple(1); break;
                case PickleCode.Tuple2: PushTuple(2); break;
                case PickleCode.Tuple3: PushTuple(3); break;
                case PickleCode.Tuple: Push(new PythonTuple(PopToMark())); break;
                case PickleCode.EmptyList: Push(new List<object?>()); break;
                case PickleCode.List: Push(PopToMark().ToList()); break;
                case PickleCode.Append: Append([Pop()]); break;
                case PickleCode.Appends: Append(PopToMark()); break;
                case PickleCode.EmptyDictionary: Push(new PythonDictionary(isOrdered: false)); break;
                case PickleCode.Dictionary:
                    var members = PopToMark();
                    Push(new PythonDictionary(isOrdered: false));
                    SetItems(members);
                    break;
                case PickleCode.SetItem:
                    var value = Pop();
                    SetItems([Pop(), value]);
                    break;
                case PickleCode.SetItems: SetItems(PopToMark()); break;

                case PickleCode.BinPut: Keep(Byte()); break;
                case PickleCode.LongBinPut: Keep(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
                case PickleCode.Memoize: Keep((uint)memo.Count); break;
                case PickleCode.BinGet: Push(Recall(Byte())); break;
                case PickleCode.LongBinGet: Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;

                case PickleCode.Global: Push(Named(Line(), Line())); break;
                case PickleCode.StackGlobal:
                    var name = Pop() as string;
                    Push(Pop() is string module && name is not null ? Named(module, name) : throw Corrupt("STACK_GLOBAL needs two texts"));
                    break;
                case PickleCode.Instance:
                    Named(Line(), Line());
                    throw Unsupported($"pickle opcode {code}");
                case PickleCode.BinPersistentId:
                    var storage = StorageReference(Pop());
                    storages.Add(storage);
                    Push(storage);
                    break;
                case PickleCode.Reduce:
                    var arguments = Pop() as PythonTuple ?? throw Corrupt("a call's arguments are no tuple");
                    Push(Call(Pop(), arguments.Items));
                    break;
                case PickleCode.Build:
                    var state = Pop();
                    // An OrderedDict's state is its attributes. torch sets one, _metadata (module
                    // versions), which is not needed here.
                    if (Peek() is not PythonDictionary { IsOrdered: true } || state is not PythonDictionary)
                        throw Corrupt("BUILD of something other than an OrderedDict");
                    break;

                default:
                    throw Enum.IsDefined(code) ? Unsupported($"pickle opcode {code}") : Corrupt($"0x{(byte)code:X2} is no pickle opcode");
            }
        }
    }

    private object Call(object? function, IReadOnlyList<object?> arguments)
    {
        if (function is not PythonName { Name: var name })
            throw Corrupt("something that is no function is called");
        switch (name, arguments)
        {
            case (AllowedNames.OrderedDictionary, []):
                return new PythonDictionary(isOrdered: true);
            case (AllowedNames.OrderedDictionary, [List<object?> pairs]):
                var dictionary = new PythonDictionary(isOrdered: true);
                foreach (var pair in pairs)
                {
                    var members = pair switch { PythonTuple tuple => tuple.Items, List<object?> list => list, _ => [] };
                    if (members.Count != 2)
                        throw Corrupt("an OrderedDict is made of something other than pairs");
                    Set(dictionary, members[0], members[1]);
                }

                return dictionary;
            case (AllowedNames.RebuildTensor, [Storage storage, long offset, PythonTuple size, PythonTuple stride]):
                return Tensor(storage, offset, size, stride);
            case (AllowedNames.RebuildTensorV2, [Storage storage, long offset, PythonTuple size, PythonTuple stride, bool, _, ..])
                when arguments.Count <= 7:
                return Tensor(storage, offset, size, stride);
            case (AllowedNames.RebuildParameter, [PickledTensor tensor, bool, _]):
                return tensor;
            case (AllowedNames.RebuildParameterWithState, [PickledTensor tensor, bool, _, _]):
                return tensor;
            // The class and the attributes of a tensor's subclass are dropped.
            case (AllowedNames.RebuildFromType, [PythonName inner, PythonName, PythonTuple tuple, _])
                when inner.Name != AllowedNames.RebuildFromType:
                return Call(inner, tuple.Items) as PickledTensor ?? throw Corrupt($"{inner.Name} makes no tensor");
            case (AllowedNames.Size, [PythonTuple dimensions]):
                return new TorchSize(Integers(dimensions.Items));
            case (AllowedNames.Size, [List<object?> dimensions]):
                return new TorchSize(Integers(dimensions));
            case (AllowedNames.Device, [string type]):
                return new TorchDevice(type, null);
            case (AllowedNames.Device, [string type, long index]):
                return new TorchDevice(type, index);
            case (AllowedNames.Bytes, []):
                return Array.Empty<byte>();
            case (AllowedNames.Encode, [string, string codec]) when codec != "latin1":
                throw Unsupported($"_codecs.encode with the codec {codec}");
            case (AllowedNames.Encode, [string text, string]):
                Charge(text.Length / CharactersAValue);
                return text.All(c => c <= 0xFF) ? Encoding.Latin1.GetBytes(text)
                    : throw Corrupt("bytes are written with characters beyond Latin-1");
            default:
                throw Corrupt($"{name} is called with arguments that do not fit it");
        }
    }

    private PickledTensor Tensor(Storage storage, long offset, PythonTuple size, PythonTuple stride)
    {
        var tensor = new PickledTensor(storage, offset, Integers(size.Items), Integers(stride.Items));
        return tensor.Fault() is { } fault ? throw Corrupt(fault) : tensor;
    }

    private Storage StorageReference(object? id)
    {
        if (id is not PythonTuple { Items: ["storage", ..] and var parts })
            throw Unsupported("a persistent id that is not a storage");
        if (parts is not [_, PythonName { Name: var type }, string key, string, long count, ..] || parts.Count > 6
            || !AllowedNames.Storages.TryGetValue(type, out var dtype))
            throw Corrupt("a storage's id is not (\"storage\", class, key, device, count)");
        if (count < 0)
            throw Corrupt($"a storage of {count} elements");
        if (parts.Count == 5 || parts[5] is null)
            return new Storage(dtype, key, count, 0, count);
        // Very old files: the view has its own key, offset and count.
        return parts[5] is PythonTuple { Items: [string, long viewOffset, long viewCount] }
            && viewOffset >= 0 && viewCount >= 0 && viewCount <= count - viewOffset
            ? new Storage(dtype, key, viewCount, viewOffset, count)
            : throw Corrupt("a storage's view does not lie inside it");
    }

    private PythonName Named(string module, string name)
    {
        var canonical = AllowedNames.Canonical(module, name);
        return AllowedNames.Contains(canonical) ? new PythonName(canonical)
            : throw new WeightsException(
                WeightsFault.UnsafeClass, $"The pickle names {module}.{name}, which no checkpoint needs.", file, Place());
    }

    private readonly void Append(object?[] values)
    {
        if (Peek() is not List<object?> list)
            throw Corrupt("something is appended to what is no list");
        list.AddRange(values);
    }

    private void SetItems(object?[] keysAndValues)
    {
        if (Peek() is not PythonDictionary dictionary || keysAndValues.Length % 2 != 0)
            throw Corrupt("items are set in what is no dict");
        for (var i = 0; i < keysAndValues.Length; i += 2)
            Set(dictionary, keysAndValues[i], keysAndValues[i + 1]);
    }

    private void Set(PythonDictionary dictionary, object? key, object? value)
    {
        Charge(1 + (key is string text ? text.Length / CharactersAValue : 0));
        if (!PythonDictionary.IsKey(key))
            throw Unsupported("a dict with keys other than texts and numbers");
        dictionary.Set(key, value);
    }

    private long[] Integers(IReadOnlyList<object?> values)
    {
        Charge(values.Count);
        var integers = new long[values.Count];
        for (var i = 0; i < integers.Length; i++)
            integers[i] = values[i] is long n ? n : throw Corrupt("a size or stride is no integer");
        return integers;
    }

    private void PushTuple(int length)
    {
        var items = new object?[length];
        for (var i = length - 1; i >= 0; i--)
            items[i] = Pop();
        Push(new PythonTuple(items));
    }

    private void Push(object? value)
    {
        Charge(1);
        stack.Add(value);
    }

    private void Keep(uint slot)
    {
        Charge(1);
        memo[slot] = Peek();
    }

    private void Charge(long values)
    {
        if ((built += values) > LargestCount)
            throw Corrupt($"it builds more than {LargestCount} values");
    }

    private readonly object? Peek() =>
        stack.Count > (marks.TryPeek(out var mark) ? mark : 0) ? stack[^1] : throw Corrupt("its stack is empty");

    private readonly object? Pop()
    {
        var value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private readonly object?[] PopToMark()
    {
        if (!marks.TryPop(out var mark))
            throw Corrupt("a mark is missing");
        var values = CollectionsMarshal.AsSpan(stack)[mark..].ToArray();
        stack.RemoveRange(mark, stack.Count - mark);
        return values;
    }

    private readonly object? Recall(uint slot) =>
        memo.TryGetValue(slot, out var value) ? value : throw Corrupt($"memo slot {slot} was never filled");

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(ulong length) => length <= int.MaxValue ? Take((long)length) : throw Short(length);

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > bytes.Length - position)
            throw Short((ulong)length);
        var taken = bytes.Slice(position, (int)length);
        position += (int)length;
        return taken;
    }

    private string Line()
    {
        var end = bytes[position..].IndexOf((byte)'\n');
        return Text(Take(end < 0 ? bytes.Length - position + 1L : end + 1)[..^1]);
    }

    private readonly string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw Corrupt("a text is not UTF-8");
        }
    }

    private readonly object Integer(ReadOnlySpan<byte> littleEndian)
    {
        const int longest = 1024;
        if (littleEndian.Length > longest)
            throw Corrupt($"an integer of {littleEndian.Length} bytes");
        if (littleEndian.Length > sizeof(long))
            return new BigInteger(littleEndian);
        Span<byte> extended = stackalloc byte[sizeof(long)];
        extended.Fill(littleEndian is [.., >= 0x80] ? (byte)0xFF : (byte)0);
        littleEndian.CopyTo(extended);
        return BinaryPrimitives.ReadInt64LittleEndian(extended);
    }

    private readonly string Place() => $"pickle opcode at byte {fileOffset + operation}";

    private readonly WeightsException Short(ulong length) => Corrupt($"it ends before the {length} bytes that an opcode claims");

    private readonly WeightsException Corrupt(string how) => new(WeightsFault.Corrupt, $"The pickle is broken: {how}.", file, Place());

    private readonly WeightsException Unsupported(string what) =>
        new(WeightsFault.Unsupported, $"The checkpoint uses {what}, which is not read.", file, Place());
}
