// Messages as frames: identities, delimiter, signature, four JSON parts. Refuses wrong signatures.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using NetMQ;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>Writes and reads the wire format of protocol 5.</summary>
/// <param name="key">Signs every message; empty for none.</param>
internal sealed class WireFormat(string key)
{
    /// <summary>The version of the protocol this kernel speaks.</summary>
    public const string Version = "5.4";

    private const int Parts = 4;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();

    private readonly byte[] key = Encoding.UTF8.GetBytes(key);
    private readonly string session = Guid.NewGuid().ToString();

    /// <summary>A new message.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="content">Its content.</param>
    /// <param name="parent">The message it answers; null for none.</param>
    /// <param name="identities">The frames that route it.</param>
    public Message Create(string type, JsonObject content, Message? parent, IReadOnlyList<byte[]> identities)
    {
        var header = new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString(),
            ["session"] = session,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = Version,
        };
        return new Message(identities, header, parent?.Header ?? [], content);
    }

    /// <summary>The frames of a message.</summary>
    public NetMQMessage ToFrames(Message message)
    {
        var frames = new NetMQMessage();
        foreach (var identity in message.Identities)
            frames.Append(identity);
        var parts = new[] { message.Header, message.ParentHeader, message.Metadata, message.Content }.Select(part =>
            JsonSerializer.SerializeToUtf8Bytes(part)).ToList();
        frames.Append(Delimiter);
        frames.Append(Encoding.ASCII.GetBytes(Sign(parts)));
        foreach (var part in parts)
            frames.Append(part);
        return frames;
    }

    /// <summary>The message in the frames.</summary>
    /// <exception cref="FormatException">The frames are no message, or the signature is
    /// wrong.</exception>
    public Message Parse(NetMQMessage frames)
    {
        var all = frames.Select(frame => frame.ToByteArray()).ToList();
        var delimiter = all.FindIndex(frame => frame.AsSpan().SequenceEqual(Delimiter));
        if (delimiter < 0 || all.Count < delimiter + 2 + Parts)
            throw new FormatException($"{all.Count} frames, which are not a message of the Jupyter protocol");
        var parts = all.GetRange(delimiter + 2, Parts);
        if (key.Length > 0 && !CryptographicOperations.FixedTimeEquals(all[delimiter + 1], Encoding.ASCII.GetBytes(Sign(parts))))
            throw new FormatException("a message with a wrong signature");
        return new Message(all.GetRange(0, delimiter), Read(parts[0]), Read(parts[1]), Read(parts[3])) { Metadata = Read(parts[2]) };
    }

    private static JsonObject Read(byte[] part)
    {
        try
        {
            CheckText(part);
            return JsonNode.Parse(part, null, Strict) as JsonObject
                ?? throw new FormatException("a message with a part that is not a JSON object");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"a message with a part that is not JSON ({e.Message})", e);
        }
    }

    // JSON nodes check text, and names that occur twice, only when they are used. Then it is too
    // late to refuse the message.
    private static void CheckText(byte[] part)
    {
        if (!Utf8.IsValid(part))
            throw new JsonException("It is not valid UTF-8.");
        var reader = new Utf8JsonReader(part);
        while (reader.Read())
        {
            // Half of a surrogate pair throws.
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                _ = reader.GetString();
        }
    }

    private string Sign(List<byte[]> parts)
    {
        if (key.Length == 0)
            return "";
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        foreach (var part in parts)
            hash.AppendData(part);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
