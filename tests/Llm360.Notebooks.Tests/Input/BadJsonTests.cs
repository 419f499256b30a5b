// Every kind of damage to every kind of JSON document gives one error with file and position.
using System.Text;

namespace Llm360.Notebooks.Tests;

public sealed class BadJsonTests : IDisposable
{
    private static readonly Dictionary<string, (Func<string> Good, Action<string> Read)> Kinds = new()
    {
        ["suite.json"] = (() => Manifest("suites", "pico.json"), path => ManifestFile.Read(path)),
        ["hub.json"] = (() => Manifest("suites", "pythia-160m.json"), path => ManifestFile.Read(path)),
        ["papers.json"] = (() => Manifest("papers", "llm360.json"), path => Papers.Read(path)),
        ["config.json"] = (() => Fixtures.Json("models", "llama-mha", "config.json").ToJsonString(), path => ModelConfig.Read(path)),
        ["generation_config.json"] = (() => """{"eos_token_id": [2, 3]}""", path => StopTokens.Read(Path.GetDirectoryName(path)!)),
        ["tokenizer.json"] = (() => TokenizerFile.Make(("a", "a")).ToJsonString(), path => ByteLevelBpeTokenizer.Load(path)),
        ["tokenizer_config.json"] = (() => """{"eos_token": {"content": "x"}}""", path => TokenizerConfig.ReadBeside(path)),
        ["model.safetensors.index.json"] = (() => """{"weight_map": {"w": "a.safetensors"}}""", path => ShardIndex.Read(path)),
        ["canaries.json"] = (() => """[{"id": "c1", "chunk": 1, "repetitions": 2, "token_ids": [1, 2]}]""", path => Canary.ReadAll(path)),
    };

    // The text inserted after the first brace of a valid document, and the expected error text.
    private static readonly Dictionary<string, (byte[] Key, string Says)> Insertions = new()
    {
        ["half a pair in a value"] = (Utf8("\"zz\": \"\\ud800\","), "surrogate"),
        ["half a pair in a key"] = (Utf8("\"\\uDFFF\": 1,"), "surrogate"),
        ["a value that is not UTF-8"] = ([.. Utf8("\"zz\": \""), 0xFF, .. Utf8("\",")], "UTF-8"),
        ["a key that is not UTF-8"] = ([(byte)'"', 0xC0, 0x80, .. Utf8("\": 1,")], "UTF-8"),
        ["a doubled key"] = (Utf8("\"zz\": 1, \"zz\": 1,"), "\"zz\" is there twice"),
        ["too deep"] = (Utf8($"\"zz\": {new string('[', 100_000)}"), "depth"),
        ["a comma too many"] = (Utf8(","), "not valid JSON"),
    };

    private readonly TemporaryFolder folder = new();

    public static MatrixTheoryData<string, string> Damaged => new([.. Kinds.Keys], [.. Insertions.Keys]);

    public static TheoryData<string> Names => [.. Kinds.Keys];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_good_is_read(string kind) => Kinds[kind].Read(Write(kind, Utf8(Kinds[kind].Good())));

    [Theory]
    [MemberData(nameof(Damaged))]
    public async Task Damage_inside_is_told_with_its_place(string kind, string damage)
    {
        var good = Kinds[kind].Good();
        var at = good.IndexOf('{', StringComparison.Ordinal) + 1;
        var path = Write(kind, [.. Utf8(good[..at]), .. Insertions[damage].Key, .. Utf8(good[at..])]);
        var error = await Refusal.OfAsync(() => Kinds[kind].Read(path));
        Assert.Contains(Insertions[damage].Says, error.What, StringComparison.Ordinal);
        Assert.StartsWith($"{path}, line 1, $", error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Other_things_than_the_document_are_refused(string kind)
    {
        foreach (var text in new[] { "", "null", "5", "\"x\"", "[null]", "[[]]", "{\"\u0007\u001b[2J\": 1" })
        {
            var path = Write(kind, Utf8(text));
            Assert.StartsWith(path, (await Refusal.OfAsync(() => Kinds[kind].Read(path))).Where, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_pipe_is_refused_before_it_is_opened(string kind)
    {
        Pipes.Make(folder[kind]);
        var error = await Refusal.OfAsync(() => Kinds[kind].Read(folder[kind]));
        Assert.Contains("named pipe", error.What, StringComparison.Ordinal);
        Assert.Equal(folder[kind], error.Where);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_file_of_gigabytes_is_refused_unread(string kind)
    {
        using (var file = File.Create(folder[kind]))
            file.SetLength(10L << 30); // A sparse file takes no disk space.
        var error = await Refusal.OfAsync(() => Kinds[kind].Read(folder[kind]));
        Assert.Contains("at most", error.What, StringComparison.Ordinal);
        Assert.Equal(folder[kind], error.Where);
    }

    private static string Manifest(string kind, string name) => File.ReadAllText(Fixtures.Manifest(kind, name));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(folder[name], bytes);
        return folder[name];
    }
}
