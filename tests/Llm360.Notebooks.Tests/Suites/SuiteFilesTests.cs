// The list of a suite's files is read strictly and has no paths outside the folder.

namespace Llm360.Notebooks.Tests;

public sealed class SuiteFilesTests(PicoSuite pico)
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("", "")]
    [InlineData("null", "null")]
    [InlineData("[]", "")]
    [InlineData("""{"format":1}""", "files")]
    [InlineData("""{"format":1,"files":null}""", "files")]
    [InlineData("""{"format":1,"files":[null]}""", "null")]
    [InlineData("""{"format":1,"files":[],"more":1}""", "more")]
    [InlineData("""{"format":1,"format":1,"files":[]}""", "format")]
    [InlineData("""{"format":2,"files":[]}""", "format is 2")]
    [InlineData("""{"format":1e99999,"files":[]}""", "")]
    [InlineData("""{"format":1,"files":[{"path":"a","size":-1,"sha256":"HASH"}]}""", "\"a\"")]
    [InlineData("""{"format":1,"files":[{"path":"a","size":1,"sha256":"abc"}]}""", "\"a\"")]
    [InlineData("""{"format":1,"files":[{"path":"../a","size":1,"sha256":"HASH"}]}""", "../a")]
    [InlineData("""{"format":1,"files":[{"path":"/etc/passwd","size":1,"sha256":"HASH"}]}""", "/etc/passwd")]
    [InlineData("""{"format":1,"files":[{"path":"a\\..\\b","size":1,"sha256":"HASH"}]}""", "b")]
    [InlineData("""{"format":1,"files":[{"path":"c:/b","size":1,"sha256":"HASH"}]}""", "c:/b")]
    [InlineData("""{"format":1,"files":[],"next":[{"path":"a/../../b","size":1,"sha256":"HASH"}]}""", "a/../../b")]
    [InlineData("""{"format":1,"files":[{"path":"\ud800","size":1,"sha256":"HASH"}]}""", "")]
    [InlineData("""{"format":1,"files":[{"path":null,"size":1,"sha256":"HASH"}]}""", "path is null")]
    [InlineData("""{"format":1,"files":[{"path":"a","size":1,"sha256":"HASH"},{"path":"a","size":1,"sha256":"HASH"}]}""", "twice")]
    public void A_list_that_is_none_is_one_error(string json, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[SuiteLayout.Files], json.Replace("HASH", Hash, StringComparison.Ordinal));
        var error = Assert.Throws<Llm360Exception>(() => SuiteFiles.Read(folder.Path));
        Assert.Contains(says, error.What, StringComparison.Ordinal);
        Assert.StartsWith(folder[SuiteLayout.Files], error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_lists_every_file_that_it_leaves()
    {
        var list = SuiteFiles.Read(pico.Suite.Folder)!;
        Assert.Null(list.Next);
        var files = SuiteFolder.Contents(pico.Suite.Folder).Where(f => f.Key != SuiteLayout.Files).ToList();
        Assert.Equal(files.Select(f => (f.Key, f.Value)), list.Files.Select(f => (f.Path, f.Sha256)));
        Assert.All(list.Files, f => Assert.Equal(new FileInfo(Path.Combine(pico.Suite.Folder, f.Path)).Length, f.Size));
        Assert.All(list.Files, f => Assert.Null(f.Found));
    }

    [Fact]
    public void A_damaged_list_is_read_or_refused_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(Path.Combine(pico.Suite.Folder, SuiteLayout.Files));
        var (read, refused) = (0, 0);
        for (var number = 0; number < 1000; number++)
        {
            var random = new Random(number);
            var bytes = whole.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(folder[SuiteLayout.Files], bytes[..random.Next(bytes.Length / 2, bytes.Length + 1)]);
            if (number % 2 == 0)
                File.WriteAllBytes(folder[SuiteLayout.Files], bytes);
            try
            {
                SuiteFiles.Read(folder.Path);
                read++;
            }
            catch (Llm360Exception)
            {
                refused++;
            }
        }

        // Both outcomes must occur. Otherwise the damage is too small or too large.
        Assert.InRange(read, 1, 999);
        Assert.Equal(1000, read + refused);
    }
}
