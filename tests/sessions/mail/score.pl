# SpamAssassin without network over many mails in one process: path, score and rules of each, apart by tabs.
use strict;
use warnings;
use Mail::SpamAssassin;

my $judge = Mail::SpamAssassin->new(
    { local_tests_only => 1, dont_copy_prefs => 1, userprefs_filename => '/dev/null' });
for my $path (@ARGV) {
    open my $file, '<:raw', $path or die "$path: $!";
    my $mail   = $judge->parse([<$file>]);
    my $status = $judge->check($mail);
    printf "%s\t%s\t%s\n", $path, $status->get_score(), $status->get_names_of_tests_hit();
    $status->finish;
    $mail->finish;
    close $file;
}
