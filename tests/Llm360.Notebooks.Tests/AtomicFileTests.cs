// Atomic writes: a file appears complete or not at all, and replaces the former file.
namespace Llm360.Notebooks.Tests;

public sealed class AtomicFileTests
{
    [Fact]
    public void A_link_stays_one_and_its_target_is_replaced()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["target"], "before");
        File.CreateSymbolicLink(folder["link"], folder["target"]);
        AtomicFile.WriteText(folder["link"], "after");
        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
        Assert.Equal("after", File.ReadAllText(folder["target"]));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder[""]).Length);
    }

    [Fact]
    public void What_was_there_stays_if_writing_fails()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "before");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(folder["file"], stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("before", File.ReadAllText(folder["file"]));
        Assert.Single(Directory.GetFileSystemEntries(folder[""]));
    }

    // Runs only as an unprivileged user, because a failure as root would replace the device.
    [Fact]
    public void A_device_is_written_to()
    {
        Assert.SkipUnless(
            File.Exists("/dev/null") && !Environment.IsPrivilegedProcess,
            "There is no /dev/null, or a failure would replace it.");
        AtomicFile.WriteText("/dev/null", "gone");
        Assert.True(File.Exists("/dev/null"));
    }
}
