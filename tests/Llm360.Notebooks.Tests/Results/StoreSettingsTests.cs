// Settings that share a store: a new setting with its default value keeps the existing cells.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Llm360.Notebooks.Tests;

public sealed class StoreSettingsTests(PicoSuite pico) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_new_setting_with_its_default_keeps_the_store_and_another_value_has_its_own()
    {
        var before = FolderOf(new Before(Length: 16));
        Assert.Equal(before, FolderOf(new After(Length: 16)));
        Assert.Equal(before, FolderOf(new After(Length: 16, Rate: null, Sampling: RowSampling.Stratified)));
        Assert.Equal(before, FolderOf(new After(Length: 16) { Sketch = new Sketch() }));
        Assert.NotEqual(before, FolderOf(new After(Length: 32)));
        Assert.NotEqual(before, FolderOf(new After(Length: 16, Rate: 0)));
        Assert.NotEqual(before, FolderOf(new After(Length: 16, Sampling: RowSampling.First)));
        Assert.NotEqual(before, FolderOf(new After(Length: 16) { Sketch = new Sketch(Size: 2) }));
    }

    [Fact]
    public void A_setting_without_a_default_always_counts()
    {
        Assert.Equal(FolderOf(new Required(0)), FolderOf(new Required(0, 8)));
        Assert.NotEqual(FolderOf(new Required(0)), FolderOf(new Required(1)));
        Assert.NotEqual(FolderOf(new Required(0)), FolderOf(new Required(0, 9)));
        Assert.NotEqual(FolderOf(new { Size = 1 }), FolderOf(new { Size = 2 }));
    }

    [Fact]
    public void Settings_json_has_all_settings()
    {
        var text = File.ReadAllText(Path.Combine(FolderOf(new After(Length: 16)), "settings.json"));
        foreach (var part in new[] { "\"length\": 16", "\"rate\": null", "\"sampling\": \"Stratified\"", "\"size\": 1" })
            Assert.Contains(part, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_an_earlier_version_which_named_it_by_all_settings_is_taken_over()
    {
        // The format of version 0.1.
        var json = new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
        var settings = new MemorizationSettings(16, 16, 4);
        var recipe = Hash(pico.Suite.Identity);
        var description = JsonSerializer.Serialize(new { suite = pico.Suite.Name, analysis = "test", recipe, settings }, json);
        var old = Directory.CreateDirectory(folder[pico.Suite.Name, $"test-{Hash(description)[..12]}"]).FullName;
        File.WriteAllText(Path.Combine(old, "settings.json"), description + "\n");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder[pico.Suite.Name, "test-damaged"]).FullName, "settings.json"), "{");
        var (checkpoint, item) = (pico.Suite.Checkpoints[^1], new ChunkItem(pico.Suite.Chunks[0]));
        var parts = new Fingerprints().Of(checkpoint).Append(new("rows", item.Identity))
            .ToDictionary(p => "llm360." + p.Key, p => p.Value!);
        var bytes = await ParquetRows.SerializeAsync([new MemorizationRow { Row = 5 }], parts);
        AtomicFile.Write(Path.Combine(old, $"checkpoint={checkpoint.Name}", "chunk=0.parquet"), s => s.Write(bytes.Span));

        Assert.NotEqual(old, RowStores.Open(pico.Suite, folder.Path, settings: settings with { PromptLength = 8 }).Folder);
        Assert.True(Directory.Exists(old));
        var stores = await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(_ => Task.Run(() => RowStores.Open(pico.Suite, folder.Path, settings: settings))));
        Assert.All(stores, s => Assert.True(s.Contains(checkpoint, item)));
        Assert.Equal(5, Assert.Single(await stores[0].ReadAsync(checkpoint, item, TestContext.Current.CancellationToken)).Row);
        Assert.False(Directory.Exists(old));
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private string FolderOf(object settings) => RowStores.Open(pico.Suite, folder.Path, settings: settings).Folder;

    private sealed record Before(int Length = 32);

    private sealed record After(int Length = 32, double? Rate = null, RowSampling Sampling = RowSampling.Stratified)
    {
        public Sketch Sketch { get; init; } = new();
    }

    private sealed record Sketch(int Size = 1);

    private sealed record Required(int Dimension, int Seed = 8);
}
